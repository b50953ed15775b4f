"""Read chosen members of a zip or tar archive by exact name; nothing is ever unpacked by its own path."""

import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Collection
from pathlib import Path
from typing import IO

from vqaprep.errors import InputError

Take = Callable[[str, IO[bytes]], None]


def read_members(archive: Path, names: Collection[str], *, take: Take) -> None:
    """Call `take(name, stream)` for each regular file of `archive` that is in `names`, in archive order.

    A stream is readable only during its call. Absent names are skipped.
    Raises `InputError` when the archive is broken.
    """
    try:
        if zipfile.is_zipfile(archive):
            _read_zip(archive, names, take=take)
        else:
            _read_tar(archive, names, take=take)
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError) as error:
        raise InputError(f"{archive.name} is broken: {error}; fetch it again") from error


def _read_zip(archive: Path, names: Collection[str], *, take: Take) -> None:
    with zipfile.ZipFile(archive) as file:
        for info in file.infolist():
            if info.filename in names and not info.is_dir():
                with file.open(info) as stream:
                    take(info.filename, stream)


def _read_tar(archive: Path, names: Collection[str], *, take: Take) -> None:
    left = set(names)
    with tarfile.open(archive, "r|*") as file:
        for info in file:
            name = info.name.removeprefix("./")
            stream = file.extractfile(info) if name in left and info.isfile() else None
            if stream is not None:
                take(name, stream)
                left.remove(name)
            if not left:
                return
