"""Known data sets as plain data: which videos a folder holds, and what is known of each."""
