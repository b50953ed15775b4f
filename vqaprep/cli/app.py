"""The commands: one per job, and `help` and `version`."""

import inspect
import logging
import platform
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any

import typer

from vqaprep.cli.options import parameters
from vqaprep.cli.streams import log_to_stderr, plain
from vqaprep.cli.usage import Commands, command_class
from vqaprep.errors import unknown_name
from vqaprep.jobs import Common, Job
from vqaprep.running.prometheus import MetricsFile
from vqaprep.settings import validated
from vqaprep.storage import at

_ABOUT = """Raw video to labelled clips in WebDataset tars, and trained video-quality models.

`vqaprep COMMAND --help` lists the options of a command, with an example. The usual order is that of the list below."""
_HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def app_of(jobs: Mapping[str, Job]) -> typer.Typer:
    """Return the program with a command for each of `jobs`."""
    app = typer.Typer(
        name="vqaprep", cls=Commands, help=_ABOUT, add_completion=True, pretty_exceptions_enable=False,
        rich_markup_mode=None, context_settings=_HELP,
    )  # fmt: skip
    app.callback(invoke_without_command=True)(_root)
    for job in jobs.values():
        text = f"{job.summary}\n\nExample: {job.example}"
        named = app.command(name=job.name, help=text, short_help=job.summary, cls=command_class(job))
        named(command(job))
    app.command(name="help", short_help="Show the help of a command.")(_help)
    app.command(name="version", short_help="Show the version.")(_version)
    return app


def command(job: Job) -> Callable[..., None]:
    """Return the function that Typer reads: its signature is made from the job's settings classes.

    Typer takes options from a signature. Writing one by hand for every job would repeat each settings
    class, so the parameters are built from the pydantic fields: name, default and help text.
    """

    def call(context: typer.Context, **values: Any) -> None:
        log_to_stderr(json=values.pop("log_json"), verbose=values.pop("verbose"))
        source, named = at(values.pop("source", None) or Path()), values.pop("out", None)
        out = job.default_out(source) if named is None and job.default_out else at(named or Path())
        given = {name: value for name, value in values.items() if _is_given(context, name)}
        own = {name: value for name, value in given.items() if name in job.settings.model_fields}
        shared = validated(Common, {name: value for name, value in given.items() if name not in own})
        if shared.metrics_file is not None:
            logging.getLogger().addHandler(MetricsFile(shared.metrics_file))
        for line in job(source, out, validated(job.settings, own), shared):
            typer.echo(plain(line))

    call.__signature__ = inspect.Signature(parameters(job))  # type: ignore[attr-defined]  # what Typer reads
    return call


def _is_given(context: typer.Context, name: str) -> bool:
    """Say whether a user named an option; what a settings class fills in itself, such as a preset, must not be."""
    source = context.get_parameter_source(name)
    return source is not None and source.name != "DEFAULT"


def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="show the version, and leave")] = False,
) -> None:
    if version:
        _version()
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


def _version() -> None:
    typer.echo(f"vqaprep {metadata.version('vqaprep')} (Python {platform.python_version()})")


def _help(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="[COMMAND]", help="the command to explain")] = None,
) -> None:
    root = context.find_root()
    if name is None:
        typer.echo(root.get_help())
        return
    commands: Mapping[str, Any] = getattr(root.command, "commands", {})
    if name not in commands:
        raise unknown_name("command", name, commands)
    found = commands[name]
    with type(root)(found, info_name=name, parent=root, **found.context_settings) as inner:
        typer.echo(found.get_help(inner))
