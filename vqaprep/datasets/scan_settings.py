"""What `scan` may be asked to do: where labels come from, and how videos are read. Importing it loads no tables."""

import hashlib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from vqaprep.datasets.layout import dataset_names
from vqaprep.media.reading import Reading
from vqaprep.settings.written import OneOf

On = Literal["path", "stem", "id"]


class ScanSettings(Reading):
    """Where the labels of scanned videos come from, and how the videos are read."""

    dataset: Annotated[
        str | None,
        Field(description="the known data set that IN is the folder of, or a TOML file that describes it"),
        OneOf(dataset_names),
    ] = None
    official_split: Annotated[
        int, Field(ge=1, description="which of the data set's official splits, where it has several")
    ] = 1
    labels: Annotated[
        Path | None, Field(description="table of labels, CSV, Excel or Parquet; it outranks --dataset")
    ] = None
    on: Annotated[On, Field(description="column of the table that names the video: path, stem or id")] = "path"
    column: Annotated[
        tuple[str, ...], Field(description="a column of the table that has another name, such as mos=MOS_score")
    ] = ()
    sheet: Annotated[str | None, Field(description="sheet of an Excel workbook, where several hold tables")] = None
    encoding: Annotated[
        str | None, Field(description="encoding of a CSV that is not UTF-8, such as cp1252, where the guess is wrong")
    ] = None
    missing: Annotated[
        tuple[str, ...], Field(description="further words or numbers that mean a missing value, such as -999")
    ] = ()
    present: Annotated[
        tuple[str, ...], Field(description="words or numbers that are values though they look missing, such as none")
    ] = ()
    fold_case: Annotated[
        bool,
        Field(description="join spellings of one value that differ in case, blanks, form or leading zeros alone"),
    ] = False
    carry: Annotated[
        tuple[str, ...],
        Field(description="further columns of the table to keep with each video; default: all, or none of hidden ones"),
    ] = ()
    require_labels: Annotated[bool, Field(description="drop videos that have neither a label nor a mos")] = False
    pseudonymize: Annotated[
        Path | None,
        Field(description="key file; replaces names of people and files by pseudonyms, here and in later steps"),
    ] = None

    @model_validator(mode="after")
    def _table_for_renames(self) -> "ScanSettings":
        if self.column and self.labels is None:
            raise ValueError("--column renames columns of a table; give it with --labels")
        for name in ("sheet", "encoding", "missing", "present"):
            if getattr(self, name) and self.labels is None:
                raise ValueError(f"--{name} says how a table is read; give it with --labels")
        return self

    @property
    def has_source(self) -> bool:
        """Whether any labels are asked for."""
        return self.dataset is not None or self.labels is not None

    def record(self) -> dict[str, Any]:
        """Return the settings for `run.json`, with the table's checksum in it: another table is another run."""
        values = self.model_dump(mode="json")
        if self.labels is not None and self.labels.is_file():
            values["labels_sha256"] = hashlib.sha256(self.labels.read_bytes()).hexdigest()
        return values
