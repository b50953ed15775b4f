"""The version of a manifest's columns, and how rows of older versions become rows of this one.

The version rises when a column goes or changes its meaning, or when a new one has no default: never for another column
with a default. `docs/decisions.md` says what is promised.
"""

from collections.abc import Mapping
from typing import Any

from vqaprep.errors import InputError

SCHEMA = 2
"""1: clips had no `times_s`, and manifests did not state a version."""
KEY = "vqaprep_schema"
"""Where a Parquet manifest states its version, in its metadata."""


def version_of(metadata: Mapping[bytes, bytes]) -> int:
    """Return the version that a manifest states; those of version 1 state none, and neither do tables of users.

    Raises:
        InputError: a later version of the program wrote it.
    """
    stated = metadata.get(KEY.encode(), b"1").decode("ascii", "replace")
    if not stated.isdecimal() or not 1 <= int(stated) <= SCHEMA:
        raise InputError(
            f"it has version {stated[:20]} of the columns, and this vqaprep reads up to {SCHEMA}; update it"
        )
    return int(stated)


def converted(record: dict[Any, Any], version: int) -> dict[Any, Any]:
    """Return a record of an older version as one of this version."""
    if version == 1 and record.get("ticks") and not record.get("times_s") and record.get("rate_fps"):
        # Version 1 counted clips on the clock of the video, which at a variable rate is right to half a tick.
        start_s = float(record.get("start_s") or 0.0)
        return record | {"times_s": [start_s + tick / record["rate_fps"] for tick in record["ticks"]]}
    return record
