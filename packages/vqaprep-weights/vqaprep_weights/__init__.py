"""Weights that `vqaprep score` finds by name; see the model card in README.md."""

from pathlib import Path


def quality() -> Path:
    """Return the file of the quality scorer."""
    return Path(__file__).parent / "quality.npz"
