"""Run stages over rows: resumable, accounted for, with progress on a terminal and for Prometheus."""
