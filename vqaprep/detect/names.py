"""Match names from text recognition with names that people wrote: the same name, or not the same.

A read name matches if it differs only by letters that a reader confuses, lost spaces and accents,
punctuation, and usual rewritings. Similarity never makes a match: "Participant 21" is not "Participant 12".
"""

import re
import unicodedata
from functools import lru_cache

from vqaprep.detect.rewritings import Form, forms

_SEPARATOR = r"[\W_]"
_CONFUSED = ("1il|!", "0o", "5s$", "8b", "2z")
"""Signs that a reader takes for one another. No two digits are in one group: numbers are never equated."""
_JUNK = f"(?:[a-z0-9]{_SEPARATOR}+|[1|!])?"  # what is read of the microphone beside a name
_ONE_OR_TWO = {"m": "(?:m|rn)", "w": "(?:w|vv)"}
_SPECIAL = {  # letters that are written, or read, in more than one way
    "ä": "ae?", "ö": "(?:o|0)e?", "ü": "ue?", "å": "aa?", "ø": "(?:o|0)e?", "æ": "(?:ae|a|e)", "œ": "(?:oe|o|e)",
    "ß": "(?:s[s5]|b|8)",
}  # fmt: skip
_WITHOUT_PARTS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
_ROLE_WORDS = frozenset(re.findall(r"\w+", "participant patient subject user client interviewee respondent proband"))
_OTHERS = (  # words that make a caption name somebody else than the name in it
    "mother|mom|mum|father|dad|son|daughter|wife|husband|spouse|partner|sister|brother|parent|aunt|uncle|cousin|family"
    "|caregiver|carer|nurse|interpreter|translator|interviewer|moderator|assistant|for|of|and|und|et|y|with|room|team"
    "|clinic|study"
)
_SIMILAR = 75.0  # per cent from which two texts may be readings of one name; only ever a reason for doubt
_NO_NAME = re.compile(
    r"(?:\W*\d[\d\W]*(?:[ap]m)?\W*|.*\d{1,2}[:.]\d\d.*|.*(?:@|www\.|https?|\.com\b|\.org\b).*)"  # clocks, addresses
    r"|\W*(?:rec(?:ording)?|live|(?:un)?muted?|zoom|webex|teams|(?:google )?meet|chat|leave|share|speaking|talking)\W*"
)


@lru_cache(maxsize=4096)
def fits(text: str, pattern: str) -> bool:
    """Say if `text` is a reading of one of the names in `pattern`, which are separated by `|`."""
    return any(_is_reading(text, name) for name in _names(pattern))


@lru_cache(maxsize=4096)
def may_fit(text: str, pattern: str) -> bool:
    """Say if `text` may be a bad reading of a name in `pattern`, or holds one among other words."""
    return fits(text, pattern) or any(_likeness(text, name) >= _SIMILAR for name in _names(pattern))


def meant(text: str, pattern: str) -> str:
    """Return which of the names in `pattern` `text` is a reading of; of several, the most similar one."""
    return max(_names(pattern), key=lambda name: (_is_reading(text, name), _plain(text) == _plain(name)))


def difference(text: str, pattern: str) -> str:
    """Say in a few words how `text`, which is no reading of a name in `pattern`, differs from the nearest one."""
    name = max(_names(pattern), key=lambda name: _likeness(text, name), default="")
    if not may_fit(text, name):
        return "another name"
    digits = [re.findall(r"\d+", _plain(side)) for side in (text, name)]
    return "another number" if digits[0] != digits[1] else "similar, but other letters or words"


def as_pattern(read: str) -> str:
    """Return a read name as a pattern: a bar in it is a misread letter, not the sign between two names."""
    return read.replace("|", "l")


def unreadable(pattern: str) -> tuple[str, ...]:
    """Return the names in `pattern` with letters that no reader knows: neither Latin ones nor Chinese signs."""
    return tuple(name for name in _names(pattern) if any(c.isalpha() and not _is_known(c) for c in name))


def _is_known(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith(("LATIN", "CJK UNIFIED"))


def is_name(text: str) -> bool:
    """Say if `text` could be a name or code that a person goes by: no clock, address, number alone, or sentence."""
    plain = _plain(text)
    words = re.sub(r"\([^)]*\)?", " ", plain).split()
    if not 1 <= len(words) <= 6 or len(" ".join(words)) > 48 or _NO_NAME.fullmatch(plain):
        return False
    letters, digits = sum(c.isalpha() for c in plain), sum(c.isdigit() for c in plain)
    is_code = letters >= 1 and digits >= 1 and len(words) <= 3
    return letters + digits >= 2 and (is_code or letters >= 0.7 * len(plain.replace(" ", "")))


def _names(pattern: str) -> list[str]:
    return [name.strip() for name in pattern.split("|") if name.strip()]


def _is_reading(text: str, name: str) -> bool:
    read = forms(_plain(text), keeps_brackets=_is_code(_plain(name)))
    genders = {form.gender for form in (*read, *_asked_forms(name))} - {None}
    return len(genders) < 2 and any(asked.fullmatch(form.name) for form in read for asked in _expressions(name))


def _asked_forms(name: str) -> tuple[Form, ...]:
    return forms(name.casefold(), keeps_brackets=_is_code(name))


@lru_cache(maxsize=512)
def _expressions(name: str) -> tuple[re.Pattern[str], ...]:
    """Return what a reading of `name` looks like, with and without its own additions."""
    split = [re.split(r"[\s,;]+", form.name) for form in _asked_forms(name)]
    named = [[word for word in words if any(c.isalnum() for c in word)] for words in split]
    return tuple(re.compile(f"{_SEPARATOR}*(?:{'|'.join(_orders(words))}){_SEPARATOR}*") for words in named if words)


def _orders(words: list[str]) -> list[str]:
    """Return the expressions of a name's words in order, and for a person's name with the last name first."""
    if _is_code(" ".join(words)):
        return [_spelled(" ".join(words))]
    if len(words) == 1:
        return _alone(words[0])
    initials = [word for word in words[1:-1] if len(word.strip(".")) == 1]
    between = "" if initials else f"(?:{_SEPARATOR}+[a-z](?={_SEPARATOR}))?"
    kept = [words, [word for word in words if word not in initials]]
    turned = [part[i:] + part[:i] for part in kept for i in range(len(part))]
    joined = (f"{between}{_SEPARATOR}*".join(map(_spelled, order)) for order in turned)
    return [f"{_JUNK}{order}{between and f'(?:{_SEPARATOR}+[a-z])?'}" for order in dict.fromkeys(joined)]


def _alone(word: str) -> list[str]:
    """Return the expressions of a single name: alone, or with the other half of a person's name."""
    if word in _ROLE_WORDS:
        return [f"{_spelled(word)}(?:{_SEPARATOR}*[a-z0-9]{{1,4}})?"]
    other = rf"(?!(?:{_OTHERS})\b)[a-z][a-z.'-]*"
    return [
        f"(?:[0-9]{_SEPARATOR}+|[1|!])?{_spelled(word)}",
        rf"{other}[ ,]+{_spelled(word)}",
        rf"{_spelled(word)}[ ,]+{other}",
    ]


def _spelled(text: str) -> str:
    """Return the expression of all readings of `text`, sign by sign; separators count only between digits."""
    signs = [sign for sign in re.split(r"([^\W_])", unicodedata.normalize("NFC", text)) if sign]
    parts: list[str] = []
    last = gap = ""
    for sign in signs:
        if not sign.isalnum():
            gap = sign
            continue
        if last:
            parts.append((f"{_SEPARATOR}+" if gap else "") if last.isdigit() and sign.isdigit() else f"{_SEPARATOR}*")
        parts.append(_sign(sign))
        last, gap = sign, ""
    return _joined_letters("".join(parts))


def _joined_letters(expression: str) -> str:
    """Let "rn" be read as "m" and "vv" as "w"."""
    for pair, letter in (("rn", "m"), ("vv", "w")):
        apart = f"{pair[0]}{_SEPARATOR}*{pair[1]}"
        expression = expression.replace(apart, f"(?:{apart}|{letter})")
    return expression


def _sign(sign: str) -> str:
    if sign in _SPECIAL:
        return _SPECIAL[sign]
    plain = _plain(sign)
    group = next((group for group in _CONFUSED if plain in group), None)
    return _ONE_OR_TWO.get(plain, f"[{re.escape(group)}]" if group else re.escape(plain))


def _is_code(text: str) -> bool:
    """Say if a name holds a digit or ends with a lone letter, as "Patient B" does: then every sign of it counts."""
    words = re.findall(r"[^\W_]+", text)
    return any(c.isdigit() for c in text) or (len(words) == 2 and len(words[-1]) == 1)


def _likeness(text: str, name: str) -> float:
    """Return the similarity of `name` with the part of `text` that is nearest to it, 0 to 100."""
    from rapidfuzz import fuzz

    return float(fuzz.partial_ratio(*sorted((_squeezed(text), _squeezed(name)), key=len)))


def _squeezed(text: str) -> str:
    plain = _plain(text)
    for group in _CONFUSED:
        plain = re.sub(f"[{re.escape(group)}]", group[-1] if group[-1].isalpha() else group[1], plain)
    return re.sub(r"[\W_]+", "", plain)


def _plain(text: str) -> str:
    """Return `text` in lower case, without accents, with single spaces."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return " ".join(bare.translate(_WITHOUT_PARTS).split())
