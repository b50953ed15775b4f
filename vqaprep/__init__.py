"""Raw video to labelled clips to trained video-quality models. `vqaprep.api` defines the functions listed here."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vqaprep.api import (
        distort,
        evaluate,
        measure,
        mos,
        open_shards,
        prepare,
        rate,
        read_dropped,
        read_manifest,
        review,
        run,
        score,
        train,
    )

__version__ = "0.1.0"
__all__ = [
    "distort",
    "evaluate",
    "measure",
    "mos",
    "open_shards",
    "prepare",
    "rate",
    "read_dropped",
    "read_manifest",
    "review",
    "run",
    "score",
    "train",
]


def __getattr__(name: str) -> Any:
    """Load the API at its first use, so that `import vqaprep` and the command line stay quick."""
    if name not in __all__:
        raise AttributeError(f"module 'vqaprep' has no attribute {name!r}")
    from vqaprep import api

    return getattr(api, name)
