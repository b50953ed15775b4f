"""Correct the choice of the participant by hand: a local page that shows decisions, and the table that it saves."""
