"""Whether the files of a complete OUT folder are still those that its run wrote.

A power cut can leave a file empty, cut off or full of zeros though it was complete, and people lose files.
`run.json` therefore says size and checksum of the files that later commands need.
"""

import hashlib
from pathlib import Path
from typing import Any

from vqaprep.rows.pseudonyms import PRIVATE
from vqaprep.storage import StorePath

_NEEDED = (
    "manifest.parquet", "dropped.parquet", "refused.parquet", PRIVATE, "index.parquet", "plan.parquet",
    "model.safetensors", "ema.safetensors", "meta.json", "predictions.parquet", "metrics.json", "metrics.md",
    "scores.csv", "summary.parquet", "comparison.md", "cross.md", "significance.md", "model.pt", "export.json",
)  # fmt: skip
_MOST_HASHED_BYTES = 64 << 20  # of larger files, such as weights, only the size is compared: this is done at each call


def described(folder: Path) -> dict[str, dict[str, Any]]:
    """Return size and, where it is known, checksum of each file that later commands need, by name.

    There is no checksum of names of people, which could confirm a guess, nor of objects in a store, which are whole.
    """
    sizes = _sizes(folder)
    names = [name for name in _NEEDED if name in sizes]
    return {name: {"bytes": sizes[name], "sha256": _sha256(folder / name, sizes[name])} for name in names}


def damaged(folder: Path, run: dict[str, Any]) -> dict[str, str]:
    """Return by name, in words, which files of `folder` are lost, or are not what its `run.json` says."""
    files = run.get("files")
    sizes = _sizes(folder)
    problems = {}
    for name, said in files.items() if isinstance(files, dict) else ():
        if name not in sizes:
            problems[name] = f"{name} is lost"
        elif sizes[name] != said["bytes"]:
            problems[name] = f"{name} has {sizes[name]} bytes, was written with {said['bytes']}"
        elif said["sha256"] is not None and _sha256(folder / name, sizes[name]) != said["sha256"]:
            problems[name] = f"{name} has not the content that was written"
    return problems


def _sizes(folder: Path) -> dict[str, int]:
    if isinstance(folder, StorePath):
        return {path.name: state.st_size for path, state in folder.states().items()}
    return {path.name: path.stat().st_size for path in folder.iterdir() if path.is_file()}


def _sha256(path: Path, num_bytes: int) -> str | None:
    if isinstance(path, StorePath) or path.name == PRIVATE or num_bytes > _MOST_HASHED_BYTES:
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
