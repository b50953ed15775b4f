"""Raw video to labelled clips to trained video-quality models."""

__version__ = "0.1.0"
