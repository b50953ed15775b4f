"""Path patterns with named parts, and text templates filled from such parts or from cells of a table.

A pattern is a path below the data set's root: `**/` stands for any folders, `*` for anything within one
name, `{part}` for a named part of a name, `{part:digits}` and `{part:letters}` for narrower ones; a part
that comes again must read the same. A template names parts or cells: `{film}-{clip:0>3}`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from string import Formatter

from vqaprep.errors import InputError

_PIECE = re.compile(r"(?P<folders>\*\*/)|(?P<any>\*)|\{(?P<part>\w+)(?::(?P<kind>\w+))?\}|(?P<plain>[^*{]+)")
_KINDS = {None: r"[^/]+", "digits": r"[0-9]+", "letters": r"[A-Za-z]+"}


def parts_of(path: str, pattern: str) -> dict[str, str] | None:
    """Return the named parts of `path` (with `/`), or None when it does not fit `pattern`; case is ignored."""
    match = _compiled(pattern).fullmatch(path)
    return None if match is None else match.groupdict()


def part_names(pattern: str) -> set[str]:
    """Return the names of the parts in `pattern`."""
    return set(_compiled(pattern).groupindex)


def fill(templates: Sequence[str], cells: Mapping[str, str]) -> str | None:
    """Return the first of `templates` whose names all have a value in `cells`, filled; None when none has."""
    for template in templates:
        if all(cells.get(name, "").strip() for name in names_in(template)):
            return template.format_map({name: value.strip() for name, value in cells.items()})
    return None


def fillable(templates: Sequence[str], known: Iterable[str]) -> bool:
    """Return whether the names of at least one of `templates` are all `known`."""
    names = set(known)
    return any(names_in(template) <= names for template in templates)


def names_in(template: str) -> set[str]:
    """Return the names that `template` takes."""
    return {name for _, name, _, _ in Formatter().parse(template) if name}


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    regex, names, end = "", set[str](), 0
    for piece in _PIECE.finditer(pattern):
        end = piece.end()
        part, kind = piece["part"], piece["kind"]
        if kind not in _KINDS:
            raise InputError(f"pattern {pattern!r}: unknown kind {kind!r}; known: digits, letters")
        if piece["folders"]:
            regex += r"(?:[^/]+/)*"
        elif piece["any"]:
            regex += r"[^/]*"
        elif part is None:
            regex += re.escape(piece["plain"])
        else:
            regex += f"(?P={part})" if part in names else f"(?P<{part}>{_KINDS[kind]})"
            names.add(part)
    if end != len(pattern):
        raise InputError(f"pattern {pattern!r} is broken at {pattern[end:]!r}")
    return re.compile(regex, re.IGNORECASE)
