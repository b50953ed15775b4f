"""The command line: every job becomes a command whose options come from its settings class."""

import inspect
import logging
import sys
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic.fields import FieldInfo

from vqaprep.errors import DISK_FULL, VqaprepError
from vqaprep.hold import release_all
from vqaprep.jobs import Common, Job, jobs
from vqaprep.metrics import MetricsFile
from vqaprep.settings import is_path, validated
from vqaprep.storage import at

_INTERRUPTED = 130
# The libraries of stores also write out the headers of their requests, which name the user's key.
_NOISY = (
    "matplotlib",
    "PIL",
    "fsspec",
    "libav",
    "pyscenedetect",
    "s3fs",
    "aiobotocore",
    "botocore",
    "aiohttp",
    "gcsfs",
)
_RESUMABLE = "interrupted; the same command resumes"


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; every error of ours becomes one message and its exit code."""
    try:
        code = _app()(args=arguments, standalone_mode=False)
    except VqaprepError as error:
        _stop(str(error), error.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        _stop(_RESUMABLE, _INTERRUPTED)
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        _stop("the disk is full; what is done is kept. Free space and run the same command again", 1)
    except Exception as error:
        if hasattr(error, "exit_code") and hasattr(error, "format_message"):  # click's usage errors
            _stop(error.format_message(), 2)
        raise
    finally:
        release_all()
    if code == _INTERRUPTED:  # Typer turns Ctrl-C into a code of its own accord
        _stop(_RESUMABLE, code)


def _app() -> typer.Typer:
    app = typer.Typer(
        name="vqaprep",
        help="Raw video to labelled clips in WebDataset tars, and trained video-quality models.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    for job in jobs().values():
        app.command(name=job.name, help=f"{job.summary}\n\nExample: {job.example}")(command(job))
    return app


def command(job: Job) -> Callable[..., None]:
    """Return the function that Typer reads: its signature is made here from the job's settings classes.

    Typer takes options from a signature. Writing one by hand for every job would repeat each settings
    class, so the parameters are built from the pydantic fields: name, type, default and help text.
    """

    def call(context: typer.Context, **values: Any) -> None:
        _log_to_stderr(json=values.pop("log_json"), verbose=values.pop("verbose"))
        source, out = values.pop("source", Path()), values.pop("out", Path())
        given = {name: value for name, value in values.items() if _is_given(context, name)}
        own = {name: value for name, value in given.items() if name in job.settings.model_fields}
        shared = validated(Common, {name: value for name, value in given.items() if name not in own})
        if shared.metrics_file is not None:
            logging.getLogger().addHandler(MetricsFile(shared.metrics_file))
        for line in job.run(source, out, validated(job.settings, own), shared):
            typer.echo(line)

    call.__signature__ = inspect.Signature(_parameters(job))  # type: ignore[attr-defined]  # what Typer reads
    return call


def _is_given(context: typer.Context, name: str) -> bool:
    """Say whether a user named an option; what a settings class fills in itself, such as a preset, must not be."""
    source = context.get_parameter_source(name)
    return source is not None and source.name != "DEFAULT"


def _parameters(job: Job) -> list[inspect.Parameter]:
    fields = job.settings.model_fields
    arguments = [_parameter("context", typer.Context)]
    arguments += [_argument(name, fields[name]) for name in job.before]
    arguments += _source(job)
    arguments += [_argument(name, fields[name]) for name in job.after]
    options = _out(job) + [_option(n, f) for n, f in fields.items() if n not in (*job.before, *job.after)]
    shared = Common.model_fields if job.is_long else {}
    options += [_option(name, field) for name, field in shared.items() if name not in job.settings.model_fields]
    log_json = Annotated[bool, typer.Option("--log-json", help="log lines as JSON")]
    verbose = Annotated[bool, typer.Option("--verbose", "-v", help="log details")]
    options += [_parameter("log_json", log_json, default=False), _parameter("verbose", verbose, default=False)]
    return arguments + options


def _source(job: Job) -> list[inspect.Parameter]:
    argument = typer.Argument(metavar="IN", help=job.source_help, show_default=False, parser=at)
    return [_parameter("source", Annotated[Path, argument])] if job.source_help else []


def _out(job: Job) -> list[inspect.Parameter]:
    option = typer.Option("--out", "-o", metavar="OUT", help="folder to write", show_default=False, parser=at)
    return [_parameter("out", Annotated[Path, option])] if job.has_out else []


def _argument(name: str, field: FieldInfo) -> inspect.Parameter:
    parser = _parser(field)
    argument = typer.Argument(metavar=name.upper(), help=field.description, show_default=False, parser=parser)
    return _parameter(name, Annotated[_plain(field.annotation), argument])


def _option(name: str, field: FieldInfo) -> inspect.Parameter:
    default = field.get_default(call_default_factory=True)
    shown = list(default) if isinstance(default, tuple) and _is_open(field.annotation) else default
    flag = f"--{name.rstrip('_').replace('_', '-')}"
    flags = (f"{flag}/--no-{flag[2:]}",) if field.annotation is bool else (flag,)
    option = typer.Option(*flags, help=field.description, parser=_parser(field))
    return _parameter(name, Annotated[_plain(field.annotation), option], shown)


def _parser(field: FieldInfo) -> Callable[[str], Path] | None:
    """Return what reads the words of a path, which may be an address of a store."""
    return at if is_path(field.annotation) else None


def _plain(annotation: Any) -> Any:
    """Return the type as Typer knows it: an open tuple is a list, of words where it is one of choices."""
    if not _is_open(annotation):
        return annotation
    item = typing.get_args(annotation)[0]
    return list[str] if typing.get_origin(item) is typing.Literal else list[item]  # type: ignore[valid-type]  # at run time


def _is_open(annotation: Any) -> bool:
    return typing.get_origin(annotation) is tuple and typing.get_args(annotation)[-1] is Ellipsis


def _parameter(name: str, annotation: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _log_to_stderr(*, json: bool, verbose: bool) -> None:
    from vqaprep.progress import JsonLines

    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(lambda record: not getattr(record, "is_drawn", False))  # a bar says it already
    handler.setFormatter(JsonLines() if json else logging.Formatter("%(message)s"))
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, handlers=[handler], force=True)
    for noisy in _NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _stop(message: str, code: int) -> None:
    sys.stderr.write(f"vqaprep: {message}\n")
    raise SystemExit(code)
