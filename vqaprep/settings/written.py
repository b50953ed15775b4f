"""Parse values as people write them on a command line or in a pipeline file: lists, durations, names of choices."""

import re
import types
import typing
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

from vqaprep.storage import at

DURATION = "a time, such as 90, 90s, 3m, 1h30m or 00:03:00"
"""How a length of time may be written."""
_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_WITH_UNITS = re.compile(r"(?:(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|d)\s*)+", re.IGNORECASE)
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|d)", re.IGNORECASE)
_CLOCK = re.compile(r"(?:(\d+):)?([0-5]?\d):([0-5]?\d(?:\.\d+)?)")


@dataclass(frozen=True)
class OneOf:
    """Marks a setting whose allowed names are found at run time, such as the systems.

    Help, completion and the check of a list's commas read it. `names` is called when they are needed.
    """

    names: Callable[[], Iterable[str]]


@dataclass(frozen=True)
class DefaultOf:
    """Marks a setting whose default depends on others; `words` is called where help says which it is."""

    words: Callable[[], str]


def seconds(text: str) -> float | None:
    """Return the seconds of a length of time such as `180`, `3m`, `1h30m` or `00:03:00`; None if it is not one."""
    text = text.strip()
    if found := _CLOCK.fullmatch(text):
        hours, minutes, rest = found.groups()
        return 3600.0 * int(hours or 0) + 60.0 * int(minutes) + float(rest)
    if _WITH_UNITS.fullmatch(text):
        return sum(float(number) * _UNITS_S[unit.lower()] for number, unit in _PART.findall(text))
    try:
        return float(text)
    except ValueError:
        return None


def read_value(name: str, field: FieldInfo, value: Any) -> Any:
    """Return the written value of a setting, ready for pydantic: paths resolved, lists split, times in seconds.

    A value that cannot be read stays as it is; pydantic then refuses it.
    """
    if is_path(field.annotation):
        return [at(part) if isinstance(part, str) else part for part in value] if is_list(field) else _located(value)
    if is_list(field):
        words = [value] if isinstance(value, str) else value
        return [part for word in words for part in _parts(field, word)] if isinstance(words, list | tuple) else words
    if is_duration(name, field) and isinstance(value, str):
        found = seconds(value)
        return value if found is None else found
    return value


def is_path(annotation: Any) -> bool:
    """Say whether a setting of this type holds a path, or several."""
    return annotation is Path or any(map(is_path, typing.get_args(annotation)))


def is_list(field: FieldInfo) -> bool:
    """Say whether a setting holds several values."""
    return list_length(field) is not None


def list_length(field: FieldInfo) -> int | None:
    """Return how many values a setting holds: 0 for any number, None for a single value."""
    for kind in _members(field.annotation):
        if typing.get_origin(kind) is tuple:
            items = typing.get_args(kind)
            return 0 if items[-1] is Ellipsis else len(items)
    return None


def is_duration(name: str, field: FieldInfo) -> bool:
    """Say whether a setting is a duration: its name ends with the unit."""
    return name.endswith("_s") and float in _members(field.annotation)


def choices(field: FieldInfo) -> list[str]:
    """Return the names that a setting takes, or none where it takes any value."""
    for mark in field.metadata:
        if isinstance(mark, OneOf):
            return list(mark.names())
    return [str(name) for name in _literals(field.annotation)]


def _literals(annotation: Any) -> tuple[Any, ...]:
    if typing.get_origin(annotation) is typing.Literal:
        return typing.get_args(annotation)
    return tuple(name for part in typing.get_args(annotation) for name in _literals(part))


def _members(annotation: Any) -> tuple[Any, ...]:
    """Return the types that a setting may have; `X | None` has two."""
    is_union = isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union
    return typing.get_args(annotation) if is_union else (annotation,)


def parted(text: str, sign: str) -> list[str]:
    """Split a text at each `sign` that is not between double quotes."""
    return re.split(rf'{re.escape(sign)}(?=(?:[^"]*"[^"]*")*[^"]*$)', text)


def _parts(field: FieldInfo, word: Any) -> list[Any]:
    """Split a word at its commas: names of choices and numbers always, else only NAME=VALUE,NAME=VALUE and 1,2,3.

    So a text with a comma, such as the label `calm, then tense`, stays whole.
    """
    if not isinstance(word, str):
        return [word]
    parts = [part.strip() for part in parted(word, ",") if part.strip()]
    is_list = bool(choices(field)) or _holds_numbers(field)
    is_list |= all("=" in part for part in parts) or all(part.isdigit() for part in parts)
    return parts if parts and is_list else [word]


def _holds_numbers(field: FieldInfo) -> bool:
    found = [kind for kind in _members(field.annotation) if typing.get_origin(kind) is tuple]
    return any(item in (int, float) for kind in found for item in typing.get_args(kind))


def _located(value: Any) -> Any:
    return at(value) if isinstance(value, str) else value
