"""The content of `data_manifests/NAME.toml` as checked settings; `schema.md` there explains the keys."""

import tomllib
from importlib import resources
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from vqaprep.datasets.columns import COLUMNS
from vqaprep.errors import InputError, unknown_name
from vqaprep.packages.extensions import added_names, module_of
from vqaprep.settings import validated

_FOLDER = Path(__file__).parents[1] / "data_manifests"
_NO_DATASETS = frozenset({"samples"})

Templates = tuple[str, ...]
Delimiter = Literal[",", ";", "tab", "space"]


class _LayoutModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    @field_validator("columns", "key", mode="before", check_fields=False)
    @classmethod
    def _listed(cls, value: object) -> object:
        """Let one template stand without brackets."""
        if isinstance(value, dict):
            return {name: (item,) if isinstance(item, str) else item for name, item in value.items()}
        return (value,) if isinstance(value, str) else value

    @field_validator("columns", "values", mode="after", check_fields=False)
    @classmethod
    def _known_columns(cls, value: dict[str, object]) -> dict[str, object]:
        for name in value:
            if name not in COLUMNS:
                raise unknown_name("label column", name, COLUMNS)
        return value


class VideoFiles(_LayoutModel):
    """Where videos lie, and the columns that their paths tell."""

    path: str
    columns: dict[str, Templates] = {}


class LabelFile(_LayoutModel):
    """A table of labels: where it lies, how it is written, which video a row means, which columns it gives."""

    path: str
    beside: str | None = None
    delimiter: Delimiter | None = None
    fields: tuple[str, ...] = ()
    on: Literal["path", "subject_id"] = "path"
    key: Templates
    columns: dict[str, Templates]
    optional: bool = False


class Score(_LayoutModel):
    """The scale of the published scores; `dmos` is better when lower, and becomes `high - dmos` in `mos`."""

    direction: Literal["mos", "dmos"]
    low: float
    high: float


class Dataset(_LayoutModel):
    """A known data set."""

    title: str
    task: Literal["quality", "action", "interview"]
    homepage: str
    licence: str
    num_videos: int | None = Field(default=None, ge=1)
    num_official_splits: int = Field(default=1, ge=1)
    protocol: str
    traps: tuple[str, ...] = ()
    notes: tuple[str, ...]
    score: Score | None = None
    video: tuple[VideoFiles, ...] = Field(min_length=1)
    labels: tuple[LabelFile, ...] = ()
    values: dict[str, dict[str, str]] = {}


def dataset_names() -> list[str]:
    """Return the names of all known data sets, sorted."""
    return sorted({*_own_names(), *added_names("datasets")})


def _own_names() -> set[str]:
    return {path.stem for path in _FOLDER.glob("*.toml")} - _NO_DATASETS


def dataset_notes() -> list[str]:
    """Return a line of help on each data set: its name for `--dataset`, and its title."""
    return ["Data sets:", *(f"{name}: {describe(name).title}" for name in dataset_names())]


def describe(name: str) -> Dataset:
    """Return what is known of data set `name`, or what the TOML file of that path says.

    Another package adds a data set by an entry point of the group `vqaprep.datasets` that names the package in which
    `NAME.toml` lies.

    Raises:
        InputError: there is no such data set (names the nearest), or its file is broken.
    """
    path = _file_of(name)
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); give a data set's name, or its file") from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path} is not TOML: {error}") from error
    return validated(Dataset, values, where=str(path))


def _file_of(name: str) -> Path:
    if name.endswith(".toml"):
        return Path(name)
    if name in _own_names():
        return _FOLDER / f"{name}.toml"
    if name not in added_names("datasets"):
        raise unknown_name("data set", name, dataset_names())
    return Path(str(resources.files(module_of("datasets", name)))) / f"{name}.toml"
