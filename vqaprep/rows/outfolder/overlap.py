"""Refuse an OUT folder that is the input, contains it, or is inside it: input is never changed or cleared."""

from collections.abc import Iterable
from pathlib import Path

from vqaprep.errors import InputError
from vqaprep.rows.outfolder.clearing import foreign
from vqaprep.rows.outfolder.record import is_out, read_record
from vqaprep.storage.folder import folder_at, is_local

_Place = tuple[object, ...]


def refuse_overlap(out: Path, inputs: Iterable[Path]) -> None:
    """Compare `out` with each of `inputs` by what they are, not by how they are written.

    Links, `..`, bind mounts and spellings that a file system takes for the same name lead to the same folder and
    are found. A file in the folder of a run, such as its `manifest.parquet`, stands for that folder.

    Raises:
        InputError: they are the same, or one lies in the other.
    """
    places_of_out = list(folder_at(out).places())
    for given in inputs:
        if is_local(given) and not given.exists():
            continue  # the command says so itself
        if _was_put_there(given, out):
            raise InputError(
                f"{given} lies in -o/--out {out}, which holds only what the command writes; move the file beside "
                "it and name it there"
            )
        read = given.parent if given.is_file() and is_out(given.parent) else given
        places = list(folder_at(read).places())
        if places[0] == places_of_out[0]:
            relation = "is what the command reads"
        elif places[0] in places_of_out:
            relation = f"lies in {given}, which the command reads"
        elif places_of_out[0] in places:
            relation = f"holds {given}, which the command reads"
        else:
            continue
        raise InputError(f"-o/--out {out} {relation}; choose another folder beside it")


def _was_put_there(given: Path, out: Path) -> bool:
    """Say if `given` is a file, such as `overrides.csv`, that somebody put into the OUT folder of a run."""
    if not (is_local(given) and given.is_file() and is_local(out) and out.is_dir() and given.parent.samefile(out)):
        return False
    record = read_record(out)
    return record is not None and given.name in foreign(out, str(record["command"]), record.get("names", ()))
