"""Match names that a machine read against names that people wrote, misread letters allowed."""

import re
import unicodedata
from functools import lru_cache

ALIKE = 80.0
"""Similarity (0 to 100) from which two names may be the same, read wrongly."""
_LOOKALIKES = str.maketrans("01345$|", "oieass" + "i")


@lru_cache(maxsize=4096)
def likeness(text: str, pattern: str) -> float:
    """Return how well `text` fits `pattern`, 0 to 100; 100 means letter for letter.

    A pattern is one or more names separated by `|`. A name fits a text that holds all its words in order.
    Case, accents and letters that look alike (0 and O, 1 and l) do not count.
    """
    return max((_name_likeness(_plain(text), _plain(name)) for name in pattern.split("|") if name.strip()), default=0.0)


def meant(text: str, pattern: str) -> str:
    """Return which of the names in `pattern`, separated by `|`, `text` is a reading of."""
    return max((name.strip() for name in pattern.split("|")), key=lambda name: likeness(text, name))


def is_name(text: str) -> bool:
    """Say if `text` could be a person's name: one to five words, mostly letters, no address."""
    words = text.split()
    letters = sum(c.isalpha() for c in text)
    return 1 <= len(words) <= 5 and letters >= 2 and letters >= 0.7 * len(text.replace(" ", "")) and len(text) <= 40


def _name_likeness(text: str, name: str) -> float:
    from rapidfuzz import fuzz

    wanted, words = name.split(), text.split()
    if not wanted or len(words) < len(wanted):
        return float(fuzz.ratio(text.replace(" ", ""), name.replace(" ", ""))) if wanted else 0.0
    windows = (" ".join(words[i : i + len(wanted)]) for i in range(len(words) - len(wanted) + 1))
    return max(float(fuzz.ratio(window, name)) for window in windows)


def _plain(text: str) -> str:
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return re.sub(r"[^a-z ]+", " ", bare.casefold().translate(_LOOKALIKES)).replace("l", "i").strip()
