"""Compare a video with its reference: alignment, and full-reference measures per frame."""
