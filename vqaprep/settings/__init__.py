"""Turn options and TOML values into settings classes; errors state the value, what is allowed and the remedy."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from vqaprep.errors import InputError, unknown_name
from vqaprep.settings.refusals import refusal
from vqaprep.settings.written import read_value

S = TypeVar("S", bound=BaseModel)


def validated(kind: type[S], values: Mapping[str, Any], *, where: str = "") -> S:
    """Return `kind(**values)`.

    Raises:
        InputError: a key is unknown (names the nearest known one) or a value is refused (says why).
    """
    for key in values:
        if key not in kind.model_fields:
            raise unknown_name(f"setting{where and f' in {where}'}", key, kind.model_fields)
    try:
        return kind(**{key: read_value(key, kind.model_fields[key], value) for key, value in values.items()})
    except ValidationError as error:
        problems = [refusal(kind, problem, is_file=bool(where)) for problem in error.errors()]
        raise InputError(f"{where + ': ' if where else ''}{'; '.join(dict.fromkeys(problems))}") from error


class PipelineStep(BaseModel):
    """One `[[step]]` of a pipeline file: a command, where it reads and writes, and its options.

    `{word}` in any of its texts stands for a value of `[each]`, and `{row}` for the name of the file: the step is
    done once for each value.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    run: Annotated[str, Field(description="the command, as on the command line")]
    name: Annotated[str | None, Field(description="what other steps call it; default: the command")] = None
    source: Annotated[
        str | None, Field(alias="in", description="the step, input or path it reads; default: the step before")
    ] = None
    out: Annotated[str | None, Field(description="folder it writes, inside the run's; default: number and name")] = None
    seed: Annotated[int | str | None, Field(description="its seed; default: the pipeline's")] = None

    @property
    def called(self) -> str:
        """What other steps call it."""
        return self.name or self.run


class Number(BaseModel):
    """A number as a paper prints it, and what is wrong with it, if anything."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: float
    std: float | None = None
    error: str | None = None


class Published(BaseModel):
    """The published result that belongs to one step: numbers by the name of our measure, such as `pooled.accuracy`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    paper: str
    table: str
    row: str
    step: Annotated[str, Field(description="the evaluate or compare step that measures it here")]
    values: dict[str, Number]

    @field_validator("values", mode="before")
    @classmethod
    def _plain_numbers(cls, values: Any) -> Any:
        bare = isinstance(values, dict)
        return {k: {"value": v} if isinstance(v, int | float) else v for k, v in values.items()} if bare else values


class Pipeline(BaseModel):
    """A pipeline file: commands in order, each with the options it would have on the command line."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    summary: str = ""
    input: str | None = None
    inputs: Annotated[dict[str, str], Field(description="further inputs: name, and what it is")] = {}
    seed: int = 0
    each: Annotated[dict[str, tuple[int | str, ...]], Field(description="words of steps, and their values")] = {}
    step: tuple[PipelineStep, ...]
    published: tuple[Published, ...] = ()


class _Layer(BaseModel):
    """The part of a pipeline file that is read before its base is merged in; the rest is checked after the merge."""

    base: str = ""
    change: dict[str, dict[str, Any]] = {}
    each: dict[str, Any] = {}
    inputs: dict[str, Any] = {}
    step: tuple[dict[str, Any], ...] = ()


def read_pipeline(path: Path) -> Pipeline:
    """Read and check a pipeline file, on top of the file that its `base` names, if it does.

    Settings of the base's steps are replaced by those of `[change.NAME]`; own steps come after them.

    Raises:
        InputError: no such file, no TOML, a key that is not known, or a file that is its own base.
    """
    return validated(Pipeline, _merged(path), where=str(path))


def _merged(path: Path, above: tuple[Path, ...] = ()) -> dict[str, Any]:
    if path.resolve() in above:
        raise InputError(f"{path} is its own base, directly or through other files; name another `base`")
    values = _read_toml(path)
    validated(_Layer, {k: v for k, v in values.items() if k in _Layer.model_fields}, where=str(path))
    if "base" not in values:
        return values
    below = _merged(path.parent / values.pop("base"), (*above, path.resolve()))
    changes = dict(values.pop("change", {}))
    steps = list(below.pop("step", []))
    for name, change in changes.items():
        called = [step.get("name") or step.get("run") for step in steps]
        if name not in called:
            raise unknown_name(f"step to change in {path}", name, called)
        steps = [step | change if own == name else step for step, own in zip(steps, called, strict=True)]
    merged = {name: below.get(name, {}) | values.pop(name, {}) for name in ("each", "inputs")}
    return below | merged | values | {"step": steps + list(values.get("step", []))}


def _read_toml(path: Path) -> dict[str, Any]:
    if not path.is_file():
        told = "is a folder" if path.is_dir() else "does not exist"
        raise InputError(f"{path} {told}; give a pipeline file, or the name of a packaged one, such as demo")
    try:
        text = path.read_text(encoding="utf-8-sig")
        return tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not TOML: it is not UTF-8 text ({error.reason}); save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path} is not TOML: {error}{_quoted_line(text, str(error))}. {_LIKE_THIS}") from error
    except RecursionError as error:
        raise InputError(f"{path} is not TOML: it is nested too deeply. {_LIKE_THIS}") from error


_LIKE_THIS = (
    'Pipeline files are TOML, not YAML or JSON: input = "videos", then for each step a line [[step]] and run = "scan"'
)


def _quoted_line(text: str, problem: str) -> str:
    """Return the line of `text` that a problem of TOML names."""
    found = re.search(r"line (\d+)", problem)
    lines = text.splitlines()
    number = int(found[1]) if found else 0
    return f": {lines[number - 1].strip()[:80]!r}" if 0 < number <= len(lines) else ""
