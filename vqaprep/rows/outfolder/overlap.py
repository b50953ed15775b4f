"""Refuse an OUT folder that is, holds, or lies in what a command reads: input is never written to nor cleared."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from vqaprep.errors import InputError
from vqaprep.rows.outfolder.record import is_out
from vqaprep.storage import StorePath

_Place = tuple[object, ...]


def refuse_overlap(out: Path, inputs: Iterable[Path]) -> None:
    """Compare `out` with each of `inputs` by what they are, not by how they are written.

    Links, `..`, bind mounts and spellings that a file system takes for the same name lead to the same folder and
    are found. A file in the folder of a run, such as its `manifest.parquet`, stands for that folder.

    Raises:
        InputError: they are the same, or one lies in the other.
    """
    places_of_out = list(_places(out))
    for given in inputs:
        if not isinstance(given, StorePath) and not given.exists():
            continue  # the command says so itself
        read = given.parent if given.is_file() and is_out(given.parent) else given
        places = list(_places(read))
        if places[0] == places_of_out[0]:
            relation = "is what the command reads"
        elif places[0] in places_of_out:
            relation = f"lies in {given}, which the command reads"
        elif places_of_out[0] in places:
            relation = f"holds {given}, which the command reads"
        else:
            continue
        raise InputError(f"-o/--out {out} {relation}; choose another folder beside it")


def _places(path: Path) -> Iterator[_Place]:
    """Yield what tells `path`, then each folder above it, from all others; for names that are not there, the name."""
    if isinstance(path, StorePath):
        yield from ((part,) for part in map(str, (path, *path.parents)))
        return
    full = Path(os.path.realpath(path))
    for place in (full, *full.parents):
        try:
            state = place.stat()
        except OSError:
            yield (str(place),)
        else:
            yield (state.st_dev, state.st_ino)
