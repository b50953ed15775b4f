"""Find the veil of a folder: the one that its rows were written under, a new one, or none."""

from collections.abc import Iterable
from pathlib import Path

from vqaprep.errors import InputError
from vqaprep.rows import Row, parquet
from vqaprep.rows.no_veil import NO_VEIL
from vqaprep.rows.pseudonyms import PRIVATE, Veil, is_hidden, read_key
from vqaprep.storage.folder import is_local


def veil_of(folder: Path | None, rows: Iterable[Row], key_file: Path | None) -> Veil:
    """Return the veil under which `rows` of `folder` were written, a new one for `key_file`, or `NO_VEIL`.

    Raises:
        InputError: the key is not the one, or what the pseudonyms stand for is not there.
    """
    path = None if folder is None else folder / PRIVATE
    if path is None or not path.exists():
        if any(map(is_hidden, rows)):
            raise InputError(f"the videos are hidden, and {PRIVATE}, which says where they lie, is not beside them")
        return NO_VEIL if key_file is None else _checked(key_file, {})
    if is_local(path) and path.stat().st_mode & 0o077:
        raise InputError(f"{path} says who is who, and others can read it; run: chmod 600 {path}")
    veil, key_name = _read(path)
    if key_file is None:
        return veil
    if (given := _checked(key_file, veil.book)).key_name != key_name:
        raise InputError(f"{folder} was pseudonymized with another key than {key_file}; give that one, or none")
    return given


def _checked(key_file: Path, book: dict[str, str]) -> Veil:
    read_key(key_file.absolute())
    return Veil(key_file.absolute(), book)


def _read(path: Path) -> tuple[Veil, str]:
    table = parquet.read(path)
    told = {name.decode(): value.decode() for name, value in (table.schema.metadata or {}).items()}
    book = dict(zip(*(table[name].to_pylist() for name in ("pseudonym", "stands_for")), strict=True))
    return Veil(Path(told["key_file"]), book), told["key_name"]
