"""Check that the files of a complete OUT folder are still those that its run wrote.

A power cut can leave a file empty, cut off or full of zeros though it was complete, and people lose files.
`run.json` therefore says size and checksum of the files that the run wrote and that nothing removes later.
"""

import hashlib
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

from vqaprep.rows.outfolder.contents import LASTING
from vqaprep.rows.pseudonyms import PRIVATE
from vqaprep.storage.folder import folder_at, is_local

_SHARD = re.compile(r"shards/\d+\.(tar|json)")
_PASSING = "parts/"  # `score` removes them when it is done
_MOST_SMALL_BYTES = 1 << 20
_MOST_HASHED_BYTES = 64 << 20  # of larger files, such as weights, only the size is compared: this is done at each call


def described(folder: Path, names: Collection[str]) -> dict[str, dict[str, Any]]:
    """Return size and, where it is known, checksum of each file that the run wrote, by name relative to `folder`.

    `names` are files whose names depend on the videos. There is no checksum of names of people, which could confirm
    a guess, nor of large files, nor of objects in a store, which are whole.
    """
    sizes = _sizes(folder, names)
    return {name: {"bytes": sizes[name], "sha256": _sha256(folder, name, sizes[name])} for name in sorted(sizes)}


def damaged(folder: Path, run: dict[str, Any]) -> dict[str, str]:
    """Return by name, in words, which files of `folder` are lost, or are not what its `run.json` says."""
    files = run.get("files")
    recorded = files if isinstance(files, dict) else {}
    sizes = _sizes(folder, recorded)
    problems = {}
    for name, one in recorded.items():
        if name not in sizes:
            problems[name] = f"{name} is lost"
        elif sizes[name] != one["bytes"]:
            problems[name] = f"{name} has {sizes[name]} bytes, was written with {one['bytes']}"
        elif one["sha256"] is not None and _sha256(folder, name, sizes[name]) != one["sha256"]:
            problems[name] = f"{name} does not have the content that was written"
    return problems


def _sizes(folder: Path, names: Collection[str]) -> dict[str, int]:
    """Return the sizes of those of the files in question that are there."""
    wanted = {*LASTING, *(name for name in names if not name.startswith(_PASSING))}
    sizes = folder_at(folder).sizes_of(wanted, beside="shards")
    return {name: size for name, size in sizes.items() if name in wanted or _SHARD.fullmatch(name)}


def _sha256(folder: Path, name: str, num_bytes: int) -> str | None:
    most = _MOST_HASHED_BYTES if name in LASTING else _MOST_SMALL_BYTES
    if not is_local(folder) or name == PRIVATE or num_bytes > most:
        return None
    with (folder / name).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
