"""From loose values (options, TOML) to settings classes, with errors that say value, allowed and remedy."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vqaprep.errors import InputError, unknown_name

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
        return kind(**values)
    except ValidationError as error:
        problems = [_sentence(kind, problem) for problem in error.errors()]
        raise InputError(f"{where + ': ' if where else ''}{'; '.join(problems)}") from error


class Step(BaseModel):
    """One `[[step]]` of a pipeline file: a command, where it reads and writes, and its options."""

    model_config = ConfigDict(frozen=True, extra="allow")

    run: Annotated[str, Field(description="the command, as on the command line")]
    source: Annotated[str | None, Field(alias="in", description="what it reads; default: the step before")] = None
    out: Annotated[str | None, Field(description="folder it writes, inside the run's; default: number and command")] = (
        None
    )


class Pipeline(BaseModel):
    """A pipeline file: commands in order, each with the options it would have on the command line."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    summary: str = ""
    input: str | None = None
    seed: int = 0
    step: tuple[Step, ...]


def read_pipeline(path: Path) -> Pipeline:
    """Read and check a pipeline file.

    Raises:
        InputError: no such file, no TOML, or a key that is not known.
    """
    if not path.is_file():
        raise InputError(f"{path} does not exist; give a pipeline file, such as pipelines/demo.toml")
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not TOML: {error}") from error
    return validated(Pipeline, values, where=str(path))


def _sentence(kind: type[BaseModel], problem: Any) -> str:
    place = ".".join(str(part) for part in problem["loc"])
    option = f"--{place.replace('_', '-')}" if place and "." not in place else place
    message = problem["msg"].removeprefix("Value error, ")
    value = problem.get("input")
    given = f" {value!r}" if place and not isinstance(value, (dict, BaseModel)) else ""
    return f"{option}{given}: {message}" if option else message
