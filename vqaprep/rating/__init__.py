"""Ratings of people: a page on which they rate videos, and what their answers come to."""
