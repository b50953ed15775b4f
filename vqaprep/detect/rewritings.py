"""Remove what call programs and people add to a name: titles, pronouns, roles, degrees, devices.

All texts here are plain: lower case, without accents, with their punctuation.
"""

import re
from dataclasses import dataclass
from typing import Literal

Gender = Literal["f", "m"]

_TITLES: dict[str, Gender | None] = {
    **dict.fromkeys(("dr", "prof", "professor", "mx", "rev", "ing", "dipl", "med"), None),
    **dict.fromkeys(("mr", "herr", "hr", "sir", "sr", "senor", "monsieur"), "m"),
    **dict.fromkeys(("mrs", "ms", "miss", "frau", "fr", "madam", "mme", "mlle", "sra", "srta", "senora"), "f"),
}
_DEGREES = frozenset(
    re.findall(
        r"\w+", "md phd psyd dphil mph msc bsc mba msn bsn rn np lcsw lmft esq facs dds dvm pharmd bs ms ma ba do pa"
    )
)
_ROLES = frozenset(
    re.findall(
        r"\S+", "host cohost co-host guest gast invite me you ich moi yo external extern presenter organizer unverified"
    )
)
_PRONOUNS = r"(?:she|he|they|her|him|them|hers|his|theirs|xe|ze|zie|hir|xem|any|all)"
_PRONOUN_LIST = re.compile(rf"{_PRONOUNS}(?:\s*[/,|]\s*{_PRONOUNS})+")
_DEVICE = (
    r"(?:ipad|iphone|imac|macbook(?:[ -](?:pro|air))?|mac|laptop|notebook|pc|computer|desktop|tablet|phone|handy"
    r"|galaxy(?: tab)?|surface|chromebook|android)"
)
_DEVICE_FIRST = re.compile(rf"{_DEVICE}\s*(?:(?:von|de|di|da|do|of|van|fra|av)\s+|[(:-]\s*)(?P<name>[^()]+?)\)?")
_DEVICE_LAST = re.compile(  # a reader may lose the space after "'s"
    rf"(?P<name>.+?)(?:\s*['`\u2019\u00b4]?s?['`\u2019\u00b4]?\s+|['`\u2019\u00b4]s\s*){_DEVICE}(?:\s*\(\d\))?"
)
_BRACKETS = re.compile(r"[(\[{<]([^()\[\]{}<>]*)(?:[)\]}>]|$)")


@dataclass(frozen=True, slots=True)
class Form:
    """What a text says without its additions: the name, and the gender of its title (None: none or neutral)."""

    name: str
    gender: Gender | None = None


def forms(text: str, *, keeps_brackets: bool) -> tuple[Form, ...]:
    """Return `text` as it is and with its additions taken off, the fullest first.

    What stands in brackets describes the name before them. Where `keeps_brackets`, as for a code, only known
    additions in brackets are taken off: "P1 (2)" may be somebody else than "P1".
    """
    readings = [Form(text)]
    bare = _BRACKETS.sub(lambda match: " " if _may_go(match[1], keeps_brackets) else match[0], text)
    readings += [Form(device["name"]) for pattern in _DEVICES if (device := pattern.fullmatch(text.strip()))]
    readings += [Form(device["name"]) for pattern in _DEVICES if (device := pattern.fullmatch(bare.strip()))]
    return tuple(dict.fromkeys([*readings, *(_stripped(form.name) for form in readings), _stripped(bare)]))


_DEVICES = (_DEVICE_FIRST, _DEVICE_LAST)


def _may_go(inside: str, keeps_brackets: bool) -> bool:
    words = re.findall(r"[a-z0-9-]+", inside)
    if _PRONOUN_LIST.fullmatch(inside.strip()) or all(word in _ROLES or word in _DEGREES for word in words):
        return True
    return not keeps_brackets and not any(c.isdigit() for c in inside)


def _stripped(text: str) -> Form:
    """Take titles off the front, and degrees, roles and pronouns off the end."""
    gender: Gender | None = None
    words = _PRONOUN_LIST.sub(" ", text).replace("|", " ").split()
    while len(words) > 1 and ((first := _bare(words[0])) in _TITLES or first in _ROLES):
        gender = _TITLES.get(first) or gender
        words = words[1:]
    while len(words) > 1 and ((last := _bare(words[-1])) in _DEGREES or last in _ROLES or not last):
        words = words[:-1]
    return Form(" ".join(words).strip(" ,;:-/"), gender)


def _bare(word: str) -> str:
    """Return a word without the dots and commas around and in it: "ph.d.," is "phd"."""
    return word.replace(".", "").strip(",;:()[]/-")
