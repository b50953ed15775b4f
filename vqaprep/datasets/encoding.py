"""Turn the bytes of a table into text: Unicode where they are, else the code page that its letters fit.

Spreadsheets save CSV in the code page of the system's language: a name such as "Müller" has other bytes on a Mac, in
Warsaw and in Zurich. The code page is taken in which nearly all letters beyond ASCII are those of its languages, in
places where such letters occur. Several that fit equally are no question where Western Europe is among them, which is
by far the most common; else, and where none fits, the user is asked.
"""

import codecs
import re

from vqaprep.errors import InputError

_SIGNS = frozenset("’‘“”„–—…€£°²³µ½·«»¡¿ªº§©®™№\N{NO-BREAK SPACE}")
_WESTERN = frozenset("äöüßéèêëàâáãåæçìíîïñòóôõøùúûÿœÄÖÜÉÈÊËÀÂÁÃÅÆÇÌÍÎÏÑÒÓÔÕØÙÚÛŒ")
_CENTRAL = frozenset("áäąăâćčçďđéěęëíîĺľłńňóôöőŕřśšşťţúůüűýźžżÁÄĄĂÂĆČÇĎĐÉĚĘËÍÎĹĽŁŃŇÓÔÖŐŔŘŚŠŞŤŢÚŮÜŰÝŹŽŻß")
_CYRILLIC = frozenset(map(chr, range(0x410, 0x450))) | frozenset("ёЁіїєґІЇЄҐўЎ")
_GREEK = frozenset(map(chr, range(0x386, 0x3CF)))
_MOST_OTHERS = 0.6  # share of letters beyond ASCII in words that have any; texts in two bytes a character have more
_USUAL = {"cp1251": "оеаинтсрвл", "cp1253": "αοιετσνηυρς"}  # their most frequent letters: each reads as the other
_COMMON = "cp1252"
_CODE_PAGES = {
    _COMMON: _WESTERN,
    "mac_roman": _WESTERN,
    "cp850": _WESTERN,
    "cp1250": _CENTRAL,
    "cp1251": _CYRILLIC,
    "cp1253": _GREEK,
}
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_ENOUGH = 0.9
_LATIN = frozenset({_WESTERN, _CENTRAL})
_LONG_RUN = re.compile(r"[^\W\d_a-zA-Z]{5,}")  # no language that writes Latin letters has so many others in a row
_ELSEWHERE = "cp1252 (Western Europe), cp1250 (Central Europe), cp1251 (Cyrillic), cp1254 (Turkish), cp932, gbk, cp949"


def decode(data: bytes, *, name: str, encoding: str | None = None) -> tuple[str, str | None]:
    """Return the text of a table, and the code page that was taken where the bytes do not say which.

    Raises:
        InputError: the bytes are no text of `encoding`, or no code page fits; `name` is the table's.
    """
    if encoding is not None:
        return _given(data, name, encoding), None
    for mark, marked in _MARKS.items():  # UTF-32 before UTF-16, whose mark it begins with
        if data.startswith(mark):
            return _given(data, name, marked), None
    if data[1:8:2] == bytes(4) or data[0:8:2] == bytes(4):  # UTF-16 without a mark: every other byte of ASCII is zero
        return _given(data, name, "utf-16-be" if data[0] == 0 else "utf-16-le"), None
    try:
        return data.decode("utf-8"), None
    except UnicodeDecodeError:
        return _guessed(data, name)


def _guessed(data: bytes, name: str) -> tuple[str, str]:
    fitting: dict[str, tuple[float, int, str]] = {}
    for page, letters in _CODE_PAGES.items():
        try:
            text = data.decode(page)
        except UnicodeDecodeError:
            continue
        share = _plausible(text, letters)
        usual = sum(c in _USUAL[page] for c in text.lower()) if page in _USUAL else len(text)
        fitting[page] = (share, usual, text)
    best, most = max(((share, usual) for share, usual, _ in fitting.values()), default=(0.0, 0))
    best_pages = {page: text for page, (share, usual, text) in fitting.items() if (share, usual) == (best, most)}
    page = next(iter(best_pages), "")
    if best < _ENOUGH or (page != _COMMON and len(set(best_pages.values())) > 1):
        raise InputError(
            f"{name} is not UTF-8 text, and its letters fit no other encoding without doubt; save it as UTF-8 CSV, "
            f"or as .xlsx, or name the encoding: --encoding {_ELSEWHERE}"
        )
    return best_pages[page], page


def _plausible(text: str, letters: frozenset[str]) -> float:
    """Return the share of characters beyond ASCII that are `letters`, or usual signs, where such may stand."""
    is_latin = letters in _LATIN
    if is_latin:
        text = _LONG_RUN.sub(lambda run: "\N{REPLACEMENT CHARACTER}" * len(run[0]), text)
        words = "".join(word for word in re.findall(r"[^\W\d_]+", text) if not word.isascii())
        if len(words) > 3 and sum(c > "\x7f" for c in words) > _MOST_OTHERS * len(words):
            return 0.0
    padded = f" {text} "
    shares: list[bool] = []
    for i in range(1, len(padded) - 1):
        before, c, after = padded[i - 1], padded[i], padded[i + 1]
        if c <= "\x7f":
            continue
        if c in letters:
            is_capital_inside = c.isupper() and (before.islower() or (before.isalpha() and after.islower()))
            is_mixed = not is_latin and any(near.isascii() and near.isalpha() for near in (before, after))
            shares.append(not (is_capital_inside or is_mixed))
        else:
            shares.append(c in _SIGNS and not (before.isalpha() and after.isalpha() and c not in "’–"))
    return sum(shares) / len(shares)


def _given(data: bytes, name: str, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except LookupError as error:
        raise InputError(f"--encoding {encoding} is not known; known are utf-8, utf-16, {_ELSEWHERE}") from error
    except UnicodeError as error:
        raise InputError(f"{name} is no text in {encoding}: {error}; name another with --encoding") from error
