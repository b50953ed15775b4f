"""Remove what a run wrote into its OUT folder, and nothing else."""

import logging
import time
from collections.abc import Collection, Iterable
from fnmatch import fnmatchcase
from pathlib import Path

from vqaprep.errors import InputError
from vqaprep.rows.outfolder import contents
from vqaprep.settings.quantities import seconds, size
from vqaprep.storage.durable import TEMPORARY
from vqaprep.storage.folder import folder_at
from vqaprep.storage.hold import HELD

_log = logging.getLogger(__name__)
_MOST_NAMED = 8


def clear(path: Path, command: str, names: Collection[str], *, last: str) -> None:
    """Remove what a run of `command` wrote into `path`, `names` among it, after saying what; `last` goes last.

    Raises:
        InputError: something there was not written by that run; nothing is removed.
    """
    others = foreign(path, command, names)
    if others:
        raise InputError(
            f"{path} is not cleared: `vqaprep {command}` did not write {_listed(others)}; move that away, "
            "or choose another -o/--out"
        )
    files = _files(path)
    if files:
        _log.warning("%s: removing %s", path, inventory(path))
    first = [name for name in ("run.json",) if name in files]  # a half cleared folder must not look complete
    order = [*first, *sorted(files.keys() - {"run.json", last}), *([last] if last in files else [])]
    remove(files[name] for name in order)
    folder_at(path).remove_folders()  # all that was in them is gone


def foreign(path: Path, command: str, names: Collection[str]) -> list[str]:
    """Return the names of what is below `path` and no run of `command` writes; `names` are those that it recorded."""
    return sorted(name for name in _contents(path) if not _is_written(name, command, names))


def inventory(path: Path) -> str:
    """Return number, size, age and some names of the files in `path`."""
    files = _files(path)
    if not files:
        return "nothing"
    states = [file.lstat() for file in files.values()]
    age_s = max(0.0, time.time() - max(state.st_mtime for state in states))
    held = f"{size(sum(state.st_size for state in states))}, written {seconds(age_s)} ago"
    return f"{len(files)} files ({held}): {_listed(sorted(files))}"


def leftovers(path: Path) -> list[Path]:
    """Return what a run that was killed left in a complete folder."""
    # The journal of a store is a folder of objects.
    firsts = {name: name.partition("/")[0] for name in folder_at(path).names()}
    return [path / n for n, first in firsts.items() if TEMPORARY.fullmatch(n) or fnmatchcase(first, "*.journal.jsonl")]


def remove(files: Iterable[Path]) -> None:
    """Remove files that may be gone already."""
    for file in files:
        file.unlink(missing_ok=True)


def _contents(path: Path) -> list[str]:
    """Return everything below `path` by relative name, but for folders that hold something."""
    return [*_files(path), *folder_at(path).empty_folders()]


def _files(path: Path) -> dict[str, Path]:
    """Return the files below `path`, and the links, by relative name."""
    return {name: file for name, file in folder_at(path).files().items() if file.name != HELD}


def _is_written(name: str, command: str, names: Collection[str]) -> bool:
    """Say whether a run of `command` writes a file of this name."""
    if name in names or TEMPORARY.fullmatch(name.rpartition("/")[2]):
        return True
    return any(_fits(name, pattern) for pattern in contents.of(command))


def _fits(name: str, pattern: str) -> bool:
    parts, wanted = name.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
