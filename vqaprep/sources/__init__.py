"""Where videos come from: folders, addresses, kinds of IN, and the rows of a scan."""
