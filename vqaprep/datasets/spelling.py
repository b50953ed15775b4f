"""Spellings of one value that differ only in what people and spreadsheets do not see as a difference."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

_INVISIBLE = re.compile("[\N{SOFT HYPHEN}\N{ZERO WIDTH SPACE}\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}]")
_LEADING_ZEROS = re.compile(r"0+(?=\d)")


def same(text: str) -> str:
    """Return what is equal for texts that differ in case, blanks, width, accents' encoding or leading zeros alone."""
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).casefold()
    plain = " ".join(unicodedata.normalize("NFKC", plain).split())
    return _LEADING_ZEROS.sub("", plain) if plain.isdecimal() else plain


def variants(values: Iterable[str]) -> list[list[tuple[str, int]]]:
    """Return the values that have several spellings: each spelling with how often it comes, most frequent first."""
    counts = Counter(values)
    groups: dict[str, list[tuple[str, int]]] = {}
    for value, count in counts.items():
        groups.setdefault(same(value), []).append((value, count))
    return [sorted(group, key=lambda found: -found[1]) for group in groups.values() if len(group) > 1]


def folds(values: Iterable[str]) -> dict[str, str]:
    """Return the most frequent spelling for each other one of its value; the first of equally frequent ones."""
    return {other: group[0][0] for group in variants(values) for other, _ in group[1:]}
