"""Explain why a setting was refused: the value, what is allowed, and the remedy, without terms of Python."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from vqaprep.errors import did_you_mean
from vqaprep.settings.written import DURATION, choices, is_duration, is_list, list_length

_WHOLE = ("int_parsing", "int_type", "int_from_float", "int_parsing_size")
_NUMBER = ("float_parsing", "float_type", "finite_number")
_BOUNDS = ("greater_than", "greater_than_equal", "less_than", "less_than_equal")
_LENGTH = ("too_short", "too_long", "tuple_type", "missing")
_PLAIN_TYPES = {
    "string_type": "a text, in quotes", "bool_type": "true or false", "bool_parsing": "true or false",
    "dict_type": "a table", "model_type": "a table", "path_type": "a path, in quotes", "list_type": "a list",
}  # fmt: skip


def refusal(kind: type[BaseModel], problem: Mapping[str, Any], *, is_file: bool) -> str:
    """Return one sentence about a problem that pydantic found; `is_file` says that the settings come from a file."""
    loc = [part for part in problem["loc"] if part != "tuple"]
    name = str(loc[0]) if loc else ""
    field = kind.model_fields.get(name)
    if field is None or len(loc) > 2 or (len(loc) == 2 and not isinstance(loc[1], int)):
        return _elsewhere(kind, loc, problem)
    called = name if is_file else option_of(name)
    if problem["type"] == "value_error":
        return f"{called}{_value_text(problem)}: {_words(problem)}"
    if problem["type"] == "missing" and len(loc) == 1:
        return f"{called} is missing; it is {field.description or 'needed'}"
    return f"{called}{_value_text(problem)}: {_allowed(name, field, problem)}"


def option_of(name: str) -> str:
    """Return the option that a setting has on the command line."""
    return f"--{name.strip('_').replace('_', '-')}"


def bounds(field: FieldInfo) -> str:
    """Return the range of a number, such as "1 or more", or nothing where it has none."""
    found = {name: getattr(mark, name) for mark in field.metadata for name in ("ge", "gt", "le", "lt")
             if getattr(mark, name, None) is not None}  # fmt: skip
    low = f"{found['ge']:g} or more" if "ge" in found else f"more than {found['gt']:g}" if "gt" in found else ""
    high = f"{found['le']:g} at most" if "le" in found else f"less than {found['lt']:g}" if "lt" in found else ""
    if "ge" in found and "le" in found:
        return f"from {found['ge']:g} to {found['le']:g}"
    return " and ".join(part for part in (low, high) if part)


def _allowed(name: str, field: FieldInfo, problem: Mapping[str, Any]) -> str:
    kind, limits = problem["type"], bounds(field)
    if kind == "literal_error":
        known = choices(field)
        return f"give one of {', '.join(map(repr, known))}.{did_you_mean(str(problem['input']), known)}".rstrip(".")
    if list_length(field) and kind in _LENGTH:
        return f"give {list_length(field)} values, such as {option_of(name)} {_example(field)}"
    if kind in (*_WHOLE, *_NUMBER, *_BOUNDS):
        what = "a whole number" if kind in _WHOLE else DURATION if is_duration(name, field) else "a number"
        return f"give {what}, {limits}" if limits else f"give {what}"
    if kind in _PLAIN_TYPES or kind in _LENGTH:
        return f"give {_PLAIN_TYPES.get(kind, 'a list' if is_list(field) else 'a value')}"
    return str(problem["msg"])


def _example(field: FieldInfo) -> str:
    length = list_length(field) or 1
    return ",".join(["0.8", "0.1", "0.1"] if length == 3 else ["1"] * length)


def _elsewhere(kind: type[BaseModel], loc: list[Any], problem: Mapping[str, Any]) -> str:
    """Return the sentence for a place deep in a file, such as `step.2.run`, counted from one as people do."""
    if not loc:
        return _words(problem)
    place = ".".join(str(part + 1) if isinstance(part, int) else str(part) for part in loc)
    if problem["type"] == "missing":
        return f"{place} is missing"
    if problem["type"] == "extra_forbidden":
        return f"{place} is not known; leave it out"
    what = _PLAIN_TYPES.get(problem["type"])
    return f"{place}{_value_text(problem)}: {f'give {what}' if what else _words(problem)}"


def _value_text(problem: Mapping[str, Any]) -> str:
    value = problem.get("input")
    is_plain = problem["type"] in _BOUNDS
    text = ",".join(map(str, value)) if isinstance(value, list) and value else str(value) if is_plain else repr(value)
    return "" if isinstance(value, dict | BaseModel) else f" {text if len(text) <= 80 else text[:77] + '...'}"


def _words(problem: Mapping[str, Any]) -> str:
    return str(problem["msg"]).removeprefix("Value error, ")
