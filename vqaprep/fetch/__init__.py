"""Take single files out of published packages, each by the ordinary client of its registry."""
