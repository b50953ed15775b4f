"""Find the video that a label table names, in any spelling of the path."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import takewhile
from pathlib import PurePosixPath
from urllib.parse import unquote

from vqaprep.errors import InputError
from vqaprep.sources.endings import SUFFIXES

_ENDINGS = SUFFIXES | {".yuv"}  # tables of raw video name `.yuv` files, which are stored here in a container
_ABSOLUTE = re.compile(r"[A-Za-z]:[\\/]|[\\/]|~|[a-z][a-z0-9+.-]*://")
_QUOTED = re.compile(r"""(["'])(.*)\1""")  # "Copy as path" of Windows puts quotes around a path
_DRIVE = re.compile(r"[\\/]{2}[?.][\\/](?:UNC[\\/])?(?=[^\\/])", re.IGNORECASE)  # before paths of any length


class VideoIndex:
    """Videos by the end of their path.

    A name finds the video whose path ends with it, whole parts compared; separators, case and a video's
    ending do not matter unless several videos differ in nothing else.
    """

    def __init__(self, uris: Iterable[str]) -> None:
        self._uris = list(uris)
        self._by_tail: dict[int, dict[str, list[str]]] = {}

    def find(self, name: str, *, where: str) -> str | None:
        """Return the uri that `name` means, or None.

        A name that no video has may be an address of the web, with `%20` for a blank.

        Raises:
            InputError: it means several; `where` names the place in the table.
        """
        uri = self._find(name, where=where)
        if uri is None and ("%" in name or name.startswith("file:")):
            uri = self._find(unquote(name.removeprefix("file://")), where=where)
        return uri

    def _find(self, name: str, *, where: str) -> str | None:
        parts = _parts(name)
        if not parts:
            return None
        length = len(parts)
        if length not in self._by_tail:
            self._by_tail[length] = self._tails(length)
        candidates = self._by_tail[length].get(_loose(parts), [])
        if len(candidates) > 1:
            candidates = [uri for uri in candidates if _parts(uri)[-length:] == parts] or candidates
        if len(candidates) > 1:
            raise InputError(
                f"{where}: {name!r} means several videos ({', '.join(candidates[:3])}); write more of the path"
            )
        return candidates[0] if candidates else None

    def _tails(self, length: int) -> dict[str, list[str]]:
        tails: dict[str, list[str]] = defaultdict(list)
        for uri in self._uris:
            tails[_loose(_parts(uri)[-length:])].append(uri)
        return tails


def below_shared_root(names: Sequence[str]) -> list[str]:
    """Return absolute paths without the folders that all of one disk begin with, as a table made elsewhere has them.

    Other names are returned as they are. What is left of a path must still match whole, so that videos of one
    name in two folders stay apart.
    """
    disks: dict[str | None, list[list[str]]] = defaultdict(list)
    for name in names:
        disks[_disk(name)].append(_parts(name))
    shared = {disk: _num_shared(parts) for disk, parts in disks.items()}
    return [name if (disk := _disk(name)) is None else "/".join(_parts(name)[shared[disk] :]) for name in names]


def is_absolute(name: str) -> bool:
    """Say if `name` is a whole path of any system, or an address."""
    return _ABSOLUTE.match(_unquoted(name)) is not None


def _disk(name: str) -> str | None:
    """Return the drive, share, host or root folder of an absolute path."""
    return _parts(name)[0].casefold() if is_absolute(name) and _parts(name) else None


def _num_shared(paths: Sequence[list[str]]) -> int:
    levels = zip(*(path[:-1] for path in paths), strict=False)
    return sum(1 for _ in takewhile(lambda level: len(set(map(str.casefold, level))) == 1, levels))


def _parts(name: str) -> list[str]:
    """Return the parts of a path written for any system; a number that became a float loses its `.0`."""
    name = unicodedata.normalize("NFC", _unquoted(name)).replace("\\", "/")
    name = re.sub(r"^([0-9]+)\.0$", r"\1", name)
    return [part for part in name.split("/") if part not in ("", ".")]


def _loose(parts: list[str]) -> str:
    *folders, last = parts
    path = PurePosixPath(last)
    stem = path.stem if path.suffix.lower() in _ENDINGS else last
    return "/".join([*folders, stem]).casefold()


def _unquoted(name: str) -> str:
    """Return a name without the quotes and the prefix that Windows puts around a path."""
    name = name.strip()
    quoted = _QUOTED.fullmatch(name)
    return _DRIVE.sub("//", quoted[2].strip() if quoted else name, count=1)
