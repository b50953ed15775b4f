"""Training: the loop, its data, and the files that it writes."""
