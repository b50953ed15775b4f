"""Calls as call programs show them, composed by other code than the tests' interviews, only to measure `crop`."""
