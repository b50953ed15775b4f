"""The options of a command as Typer reads them, made from pydantic fields.

Every value is taken as the text that was written; `validated` turns it into its type, so that a command line and a
pipeline file understand the same words and refuse them in the same words.
"""

import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer
from pydantic.fields import FieldInfo

from vqaprep.jobs import Common, Job
from vqaprep.settings.refusals import bounds, option_of
from vqaprep.settings.written import DefaultOf, choices, is_duration, is_list, is_path, list_length

_SHORT_CHOICES = 34
"""Longest list of names that stands beside an option; a longer one is written out in its help."""


def parameters(job: Job) -> list[inspect.Parameter]:
    """Return the parameters of a command: arguments, its own options, the common ones it takes, and those of logs."""
    fields = job.settings.model_fields
    arguments = [_parameter("context", typer.Context)]
    arguments += [_argument(name, fields[name]) for name in job.before]
    if job.source_help:
        argument = typer.Argument(metavar="IN", help=job.source_help, show_default=False)
        arguments.append(_parameter("source", Annotated[str, argument]))
    arguments += [_argument(name, fields[name]) for name in job.after]
    options = []
    if job.has_out:
        words = (
            "folder to write" if job.default_out is None else "folder to write; default: a new one here, named after IN"
        )
        option = typer.Option("--out", "-o", metavar="OUT", help=words, show_default=False)
        optional = _parameter("out", Annotated[str | None, option], None)
        options.append(_parameter("out", Annotated[str, option]) if job.default_out is None else optional)
    options += [_option(n, f) for n, f in fields.items() if n not in (*job.before, *job.after)]
    options += [_option(name, Common.model_fields[name]) for name in common_options(job)]
    log_json = Annotated[bool, typer.Option("--log-json", help="write the log as one JSON object per line")]
    verbose = Annotated[bool, typer.Option("--verbose", "-v", help="log details, and the traceback of an error")]
    options += [_parameter("log_json", log_json, default=False), _parameter("verbose", verbose, default=False)]
    return arguments + options


def common_options(job: Job) -> list[str]:
    """Return the names in `Common` that the command takes, in their order there; a setting of its own goes first."""
    return [name for name in Common.model_fields if name in job.takes and name not in job.settings.model_fields]


def help_of(name: str, field: FieldInfo) -> str:
    """Return what an option does, the names it takes, its default and its range."""
    allowed_names = choices(field)
    listed = (
        f"one of {', '.join(allowed_names)}" if allowed_names and len("|".join(allowed_names)) > _SHORT_CHOICES else ""
    )
    default = _default(name, field)
    limits = [f"default: {default}" if default else "", bounds(field)]
    limits_text = "; ".join(part for part in limits if part)
    text = "; ".join(part for part in (field.description or "", listed) if part)
    return f"{text}  [{limits_text}]" if limits_text else text


def _default(name: str, field: FieldInfo) -> str:
    """Return the default as it would be written, or nothing: of a switch the plain name says which way it goes."""
    for mark in field.metadata:
        if isinstance(mark, DefaultOf):
            return mark.words()
    value = field.get_default(call_default_factory=True)
    if field.is_required() or value is None or value == () or (value is False):
        return ""
    if value is True:
        return "on"
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    if isinstance(value, float):
        return f"{value:g}{' s' if is_duration(name, field) else ''}"
    return str(value)


def _argument(name: str, field: FieldInfo) -> inspect.Parameter:
    argument = typer.Argument(
        metavar=name.upper(), help=help_of(name, field), show_default=False, autocompletion=_completion(field)
    )
    if is_list(field) and not field.is_required():
        return _parameter(name, Annotated[list[str] | None, argument], None)
    return _parameter(name, Annotated[list[str] if is_list(field) else str, argument])


def _option(name: str, field: FieldInfo) -> inspect.Parameter:
    """Return an option without its help, which `usage` adds for the one command that is asked for."""
    flag = option_of(name)
    if field.annotation is bool:
        shown = typer.Option(f"{flag}/--no-{flag[2:]}", show_default=False)
        return _parameter(name, Annotated[bool, shown], field.get_default(call_default_factory=True))
    option = typer.Option(flag, metavar=_metavar(name, field), show_default=False, autocompletion=_completion(field))
    if is_list(field):
        return _parameter(name, Annotated[list[str], option], [])
    return _parameter(name, Annotated[str | None, option], None)


def _metavar(name: str, field: FieldInfo) -> str:
    choices_text = "|".join(choices(field))
    if choices_text and len(choices_text) <= _SHORT_CHOICES:
        return f"{choices_text},..." if is_list(field) else choices_text
    what = (
        "NAME" if choices_text
        else "PATH" if is_path(field.annotation)
        else "TIME" if is_duration(name, field)
        else "N" if _holds(field, int)
        else "X" if _holds(field, float)
        else "TEXT"
    )  # fmt: skip
    length = list_length(field)
    if length is None:
        return what
    return ",".join([what] * length) if length else f"{what},..."


def _holds(field: FieldInfo, kind: type) -> bool:
    return kind.__name__ in str(field.annotation).replace("typing.", "")


def _completion(field: FieldInfo) -> Callable[[str], list[str]] | None:
    """Return what a shell asks for the rest of a word, where the option takes known names."""
    if not choices(field):
        return None

    def complete(incomplete: str) -> list[str]:
        before, comma, last = incomplete.rpartition(",") if is_list(field) else ("", "", incomplete)
        return [f"{before}{comma}{name}" for name in choices(field) if name.startswith(last)]

    return complete


def _parameter(name: str, annotation: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
