"""Subjective tests: a page on which people rate videos, and scores from their answers."""
