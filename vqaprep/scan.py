"""Find videos and read what they are."""

import logging
from collections.abc import Sequence
from pathlib import Path

from vqaprep.crashes import contained
from vqaprep.errors import InputError, MediaError
from vqaprep.rows import Dropped, Row
from vqaprep.storage import StorePath

_log = logging.getLogger(__name__)
_FORMATS = "3gp asf avi flv m2ts m4v mkv mov mp4 mpeg mpg mts mxf ogg ogv ts vob webm wmv y4m"
SUFFIXES = frozenset(f".{name}" for name in _FORMATS.split())


def find_videos(path: Path) -> list[str]:
    """Return the videos in a folder (all levels, sorted), or the one that `path` is.

    Raises:
        InputError: there is no such path, or no file in it has a video's ending.
    """
    if path.is_file():
        return [str(path)]
    is_store = isinstance(path, StorePath)
    if not path.is_dir():
        what = "give a video, a folder of videos, a manifest or an OUT folder"
        raise InputError(f"{path} does not exist; {what}{how_written(path)}")
    found = sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and (is_store or p.is_file()))
    if not found:
        raise InputError(f"no video in {path}; looked for files ending in {' '.join(sorted(SUFFIXES))}")
    return [str(p) for p in found]


def how_written(path: Path) -> str:
    """Return a hint on a path that is not there, or nothing: patterns and `~` in quotes, and addresses."""
    text = str(path)
    if any(sign in text for sign in "*?["):
        return f". Patterns in quotes are not replaced by file names: give the folder, {path.parent}"
    if "," in text or " " in text:
        return ". One path is read here: give the folder that holds all the files"
    near = path.parent if path.parent.is_dir() else None
    return "" if near is None or near == Path() else f". {near} is there: is the name right?"


def scan_one(uri: str) -> list[Row | Dropped]:
    """Return the row of one video, or why it has none."""
    from vqaprep.media.probe import probe

    try:
        uri.encode("utf-8")
    except UnicodeEncodeError:
        name = uri.encode("utf-8", "backslashreplace").decode()
        return [Dropped(name, "scan", "unreadable", "the file name is not UTF-8; rename the file", name)]
    try:
        with contained():
            return [probe(uri)]
    except MediaError as error:
        return [Dropped(uri, "scan", error.reason, error.detail, uri)]


def without_duplicates(rows: Sequence[Row]) -> list[Row | Dropped]:
    """Replace every row whose bytes came before by a drop that names the first."""
    first: dict[str, str] = {}
    kept: list[Row | Dropped] = []
    for row in rows:
        known = first.setdefault(row.sha256, row.uri)
        is_first = known == row.uri
        kept.append(row if is_first else Dropped(row.uri, "scan", "duplicate", f"same bytes as {known}", row.uri))
    return kept
