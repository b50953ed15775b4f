"""What a command line says wrongly: missing and swapped arguments, unknown options and commands, lists in pieces."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from typer.core import TyperCommand, TyperGroup

from vqaprep.cli.options import common_options, help_of
from vqaprep.errors import InputError, did_you_mean, nearest, unknown_name
from vqaprep.jobs import Common, Job, jobs
from vqaprep.settings.refusals import option_of
from vqaprep.settings.written import list_length

_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)")
_SYNONYMS = {
    "--output": "--out", "--dest": "--out", "--destination": "--out", "--jobs": "--workers", "--threads": "--workers",
    "--processes": "--workers", "--num-workers": "--workers", "--overwrite": "--force", "--timeout": "--timeout-s",
    "--learning-rate": "--lr", "--batch-size": "--batch", "--device": "--accelerator", "--gpu": "--accelerator",
    "--size": "--size-px", "--verbose": "-v", "--quiet": "2>/dev/null", "--csv": "--labels",
}  # fmt: skip
"""Options of other programs, and ours that do the same."""


class Commands(TyperGroup):
    """All commands; a wrong one is answered with the nearest, or with how to start."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that the first word names.

        Raises:
            InputError: there is none of that name.
        """
        name = args[0]
        if self.get_command(ctx, name) is None and not ctx.resilient_parsing:
            raise _unknown_command(name, self.list_commands(ctx))
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the options before the command."""
        try:
            return list(super().parse_args(ctx, args))
        except Exception as error:
            raise _refused(error, "vqaprep", "vqaprep COMMAND IN -o OUT", ["--help", "--version"]) from error


def command_class(job: Job) -> type[TyperCommand]:
    """Return the class of a job's command, which knows its arguments and explains them."""

    class JobCommand(_JobCommand):
        about = job

    return JobCommand


class _JobCommand(TyperCommand):
    about: Job

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read arguments and options; numbers of a list may stand apart.

        Raises:
            InputError: an argument is missing or too many, or an option is unknown or lacks its value.
        """
        ctx.allow_extra_args = True  # else Typer names the words that are too many, but not what is expected
        try:
            rest = list(super().parse_args(ctx, numbers_joined(self.about, args)))
        except Exception as error:
            option_names = [name for param in self.params for name in (*param.opts, *param.secondary_opts)]
            raise _refused(
                error, self.about.name, _usage(self.about), option_names, about=self.about, words=args
            ) from error
        if ctx.args and not ctx.resilient_parsing:
            raise _too_many(self.about, ctx.args)
        return rest

    def get_params(self, ctx: Any) -> list[Any]:
        """Return arguments and options with their help; some defaults take the recipes of all systems to say."""
        params: list[Any] = list(super().get_params(ctx))
        fields = Common.model_fields | self.about.settings.model_fields
        for param in params:
            if param.param_type_name == "option" and param.name in fields:
                param.help = help_of(param.name, fields[param.name])
        return params

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the words after the command's name."""
        return [*_usage(self.about).split()[2:], "[OPTIONS]"]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write arguments, the command's own options, and those that several commands share, apart."""
        records = [(param, param.get_help_record(ctx)) for param in self.get_params(ctx)]
        common = {*common_options(self.about), "log_json", "verbose", "help"}
        parts = {
            "Arguments": [(r[0].split()[0], r[1]) for p, r in records if r and p.param_type_name == "argument"],
            "Options": [r for p, r in records if r and p.param_type_name == "option" and p.name not in common],
            "Options that other commands have, too": [
                r for p, r in records if r and p.param_type_name == "option" and p.name in common
            ],
        }
        for title, lines in parts.items():
            if lines:
                with formatter.section(title):
                    formatter.write_dl(lines)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write what the job notes at the end of its help."""
        first, *rest = self.about.notes() or [""]
        if first:
            formatter.write_paragraph()
            formatter.write_text(first)
            with formatter.indentation():
                for line in rest:
                    formatter.write_text(line)


def numbers_joined(job: Job, words: Sequence[str]) -> list[str]:
    """Join the numbers that follow an option of several, so that `0.8 0.1 0.1` and `0.8,0.1,0.1` are the same.

    An option that is given more than once, or with commas, takes no word after its value: it may be an argument.
    """
    lengths = {option_of(n): length for n, field in job.settings.model_fields.items() if (length := list_length(field))}
    joined: list[str] = []
    place = 0
    while place < len(words):
        word, place = words[place], place + 1
        joined.append(word)
        if word not in lengths or words.count(word) > 1 or place == len(words):
            continue
        values = [words[place]]
        while len(values) < lengths[word] and place + len(values) < len(words):
            if not all(map(_NUMBER.fullmatch, (values[-1], words[place + len(values)]))):
                break
            values.append(words[place + len(values)])
        joined.append(",".join(values))
        place += len(values)
    return joined


def _refused(
    error: Exception,
    name: str,
    usage: str,
    known: Sequence[str],
    *,
    about: Job | None = None,
    words: Sequence[str] = (),
) -> Exception:
    """Return what Typer says of a command line in our words; any other error is returned as it is."""
    if not hasattr(error, "format_message"):
        return error
    option = getattr(error, "option_name", None)
    if option is not None and "requires" not in str(error.format_message()):
        return InputError(f"{_unknown_option(str(option), name, known)} Usage: {usage}; see vqaprep {name} --help")
    param = getattr(error, "param", None)
    if param is not None and about is not None:
        return InputError(f"{_missing(about, param, words)} Usage: {usage}. Example: {about.example}")
    return InputError(f"{str(error.format_message()).rstrip('.')}. Usage: {usage}")


def _unknown_option(option: str, name: str, known: Sequence[str]) -> str:
    options = [one for one in known if one.startswith("--")]
    same = _SYNONYMS.get(option)
    hint = f" Did you mean {same!r}?" if same and (same in known or same[0] != "-") else did_you_mean(option, options)
    setting = option.lstrip("-").replace("-", "_")
    if setting in Common.model_fields:
        return f"{name} has no option {option}: it would change nothing there.{hint}"
    elsewhere = [
        other.name for other in jobs().values() if setting in {n.strip("_") for n in other.settings.model_fields}
    ]
    where = f" It is an option of {' and '.join(elsewhere[:3])}." if elsewhere and not hint else ""
    return f"{name} has no option {option}.{hint}{where}"


def _missing(job: Job, param: Any, words: Sequence[str]) -> str:
    given = [word for word in words if not word.startswith("-")]
    if param.param_type_name == "option":
        return f"{job.name} needs {param.opts[0]}: {param.help}."
    name = param.metavar or param.name.upper()
    fields = job.settings.model_fields
    first = job.before[0] if job.before and param.name != job.before[0] else None
    about = job.source_help if param.name == "source" else help_of(param.name, fields[param.name])
    message = f"{job.name} needs {name}: {about}."
    if first is None or not given:
        return message
    return f"{message} {given[0]!r} was taken as {first.upper()} ({help_of(first, fields[first])})."


def _too_many(job: Job, extra: Sequence[str]) -> InputError:
    """Refuse words that are no argument; several videos or folders are the usual case."""
    if not job.source_help:
        return InputError(f"{job.name} takes no argument, and got {' '.join(extra)!r}. Usage: {_usage(job)}")
    if job.after and "videos" in job.after:
        remedy = ""
    elif all(Path(word).exists() for word in extra):
        remedy = (
            " A pattern such as *.mp4, which the shell replaces by all its files, or several folders are too many: "
            "give the one folder that holds them (links to others count as being in it)."
        )
    else:
        remedy = " Quote a value that has spaces in it."
    words = " ".join(extra[:5]) + (f" and {len(extra) - 5} more" if len(extra) > 5 else "")
    return InputError(f"{job.name} takes one IN, {words!r} is too much.{remedy} Usage: {_usage(job)}")


def _usage(job: Job) -> str:
    words = ["vqaprep", job.name, *(name.upper() for name in job.before)]
    words += ["IN"] if job.source_help else []
    fields = job.settings.model_fields
    words += [name.upper() if fields[name].is_required() else f"[{name.upper()}]" for name in job.after]
    out = "-o OUT" if job.default_out is None else "[-o OUT]"
    return " ".join(words + ([out] if job.has_out else []))


def _unknown_command(name: str, known: Sequence[str]) -> InputError:
    if Path(name).exists() or "://" in name:
        return InputError(f"{name} is a file or folder; begin with a command, such as: vqaprep scan {name} -o OUT")
    error = unknown_name("command", name, known)
    return error if nearest(name, known) else InputError(f"{error}\nvqaprep --help says what each of them does")
