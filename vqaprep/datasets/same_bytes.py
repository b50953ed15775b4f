"""Files with the same bytes are one video: they share their labels, which must not contradict each other."""

from collections.abc import Mapping, Sequence

from vqaprep.datasets.columns import Value
from vqaprep.errors import InputError
from vqaprep.packages.cache import sha256_of
from vqaprep.storage import at, states
from vqaprep.storage.folder import is_local

Known = Mapping[str, Mapping[str, Value]]
"""Label columns by uri."""


def agreed(columns: Known, first: str, uri: str, *, where: Mapping[str, str]) -> dict[str, Value]:
    """Return what is known of two files of the same bytes together; `where` has the place in a table of each uri.

    Raises:
        InputError: they contradict each other.
    """
    one, two = columns.get(first, {}), columns.get(uri, {})
    differing = sorted(name for name in one.keys() & two.keys() if one[name] != two[name])
    if differing:
        words = ", ".join(f"{name} is {one[name]!r} and {two[name]!r}" for name in differing)
        raise InputError(
            f"{where.get(uri, uri)} contradicts {where.get(first, first)}: {first} and {uri} have the same bytes, "
            f"but {words}; correct the labels, or take one of the files out"
        )
    return {**two, **one}


def refuse_contradictions(columns: Known, *, where: Mapping[str, str]) -> None:
    """Refuse files of the same bytes with different labels; only files of one size that differ there are read.

    Raises:
        InputError: names both files and what they differ in.
    """
    by_size: dict[int, list[str]] = {}
    for uri, num_bytes, _ in states([uri for uri in columns if is_local(at(uri))]):
        by_size.setdefault(num_bytes, []).append(uri)
    for uris in by_size.values():
        if _differ(columns, uris):
            first: dict[str, str] = {}
            for uri in uris:
                agreed(columns, first.setdefault(_sha256_of(uri), uri), uri, where=where)


def _differ(columns: Known, uris: Sequence[str]) -> bool:
    return any(columns[uri] != columns[uris[0]] for uri in uris)


def _sha256_of(uri: str) -> str:
    try:
        return sha256_of(at(uri))
    except OSError:
        return uri  # it is no file that can be read, which its drop will say
