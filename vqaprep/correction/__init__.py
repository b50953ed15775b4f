"""People correct who the participant is: a local page that shows what was decided, and the table that it saves."""
