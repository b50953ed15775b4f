"""Resolve the addresses of a manifest's files, from any working folder and after the files were moved."""

from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path, PurePosixPath

from vqaprep.errors import InputError
from vqaprep.rows import Row
from vqaprep.rows.pseudonyms import Veil
from vqaprep.sources.folders import absolute
from vqaprep.storage import at

_MOST_TRIED = 50


def from_everywhere(rows: Sequence[Row], folder: Path) -> list[Row]:
    """Return rows of a manifest in `folder` with absolute addresses.

    A relative one is below the manifest's folder, or else below the working folder.
    """
    return [row if _is_full(row.uri) else row.having(uri=_full(row.uri, folder)) for row in rows]


def moved_to(root: Path, rows: Sequence[Row], veil: Veil) -> dict[str, str]:
    """Return the new address of each one in `rows`, whose files are below `root` now; hidden ones stay hidden.

    How much of an address is kept below `root` is what finds most of the files there, and the least of that.

    Raises:
        InputError: none of them is there.
    """
    root = absolute(root)
    known = {row.uri: veil.address(row.uri) for row in rows}
    parts = {uri: PurePosixPath(address.partition("://")[2] or address).parts for uri, address in known.items()}
    every = list(parts.values())
    levels = zip(*(one[:-1] for one in every), strict=False)
    shared = sum(1 for _ in takewhile(lambda level: len(set(level)) == 1, levels))
    tried = every[:: max(1, len(every) // _MOST_TRIED)]
    found = {kept: sum(root.joinpath(*one[kept:]).is_file() for one in tried) for kept in range(shared, 0, -1)}
    best = max(found, key=lambda kept: (found[kept], kept), default=0)
    if not found.get(best):
        looked = root.joinpath(*tried[0][shared:])
        raise InputError(f"--root {root} has none of the videos; looked for {looked}; give the folder they were in")
    return {uri: veil.video(str(root.joinpath(*one[best:]))) for uri, one in parts.items()}


def _is_full(uri: str) -> bool:
    return "://" in uri or uri.startswith("private:") or Path(uri).is_absolute()


def _full(uri: str, folder: Path) -> str:
    below = at(str(folder)) / uri
    return str(absolute(below if below.exists() else Path(uri)))
