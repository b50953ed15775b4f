"""Match the columns of a table with ours: by our name, by the field's usual names, or by --column."""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from vqaprep.datasets.columns import COLUMNS
from vqaprep.datasets.grid import KEY
from vqaprep.datasets.scan_settings import On
from vqaprep.errors import InputError, unknown_name
from vqaprep.rows import COLUMN_NAMES
from vqaprep.rows.further import misspelled

KEYS: dict[On, str] = {"path": "path", "stem": "stem", "id": "video_id"}
"""The column that names the video."""

_FILES = (
    "path", "video_path", "file_path", "filename", "file_name", "video_filename", "video_file_name", "video_file",
    "video_name", "file", "files", "video", "videos", "flickr_id", "clip_name", "clip", "recording", "movie", "media",
    "vid", "name",
)  # fmt: skip
USUAL: dict[str, tuple[str, ...]] = {
    "path": _FILES,
    "stem": ("stem", *_FILES),
    "video_id": ("video_id",),
    "mos": ("mos", "mos_score", "mean_mos", "mos_mean", "avg_mos", "mean_opinion_score", "score", "quality_score"),
    "mos_std": (
        "mos_std",
        "std_mos",
        "mos_sd",
        "sd_mos",
        "mos_stdev",
        "std",
        "sd",
        "stdev",
        "stddev",
        "std_dev",
        "standard_deviation",
        "sos",
    ),
    "label": ("label", "class", "class_name", "category", "action", "diagnosis"),
    "subject_id": (
        "subject_id",
        "subject",
        "participant_id",
        "participant",
        "patient_id",
        "patient",
        "person_id",
        "pid",
    ),
    "subject_name": ("subject_name", "participant_name", "patient_name", "person_name", "full_name", "display_name"),
}
"""The field's names for our columns, the surest first. A column of ours that is not here is known by its own name."""
_NAME = "name"


@dataclass(frozen=True, slots=True)
class Header:
    """`ours` has the table's column for each of ours, `further` our name for each other column that is carried."""

    ours: dict[str, str]
    further: dict[str, str]
    left_out: tuple[str, ...] = ()


def known_column(name: str, key: str, renames: Mapping[str, str]) -> str | None:
    """Return what a name in a header means, with `KEY` for the column that names the video; None for all others."""
    renamed = next((own for own, theirs in renames.items() if theirs == name), None)
    plain = _plain(name)
    usual = next((own for own, names in _usual(key).items() if plain in map(_plain, names)), None)
    own = renamed or (name.strip().lower() if name.strip().lower() in COLUMNS else usual)
    return KEY if own == key else own


def header_of(
    table: str, names: Sequence[str], *, on: On, renames: Mapping[str, str], carry: Sequence[str], carries_all: bool
) -> Header:
    """Return which column is which; all that is wrong is said at once.

    `carry` names the further columns to keep; without any, all are kept where `carries_all`.

    Raises:
        InputError: no column names the video, two are the same one of ours, or a name that was given is not there.
    """
    key, problems = KEYS[on], list[str]()
    ours = _own(names, key, renames, problems, table)
    for own, theirs in renames.items():
        if own not in {*COLUMNS, key} and misspelled([own], COLUMNS):
            problems.append(str(unknown_name("label column", own, COLUMNS)))
        if theirs not in names:
            problems.append(str(unknown_name(f"column of {table}", theirs, names)))
        elif own in {*COLUMNS, key}:
            ours[own] = theirs
    has = ", ".join(names)
    if key not in ours:
        example = f"--column {key}=THEIRS"
        problems.append(f"{table} has no column {key} (it has {has}); name it with {example}, or use --on")
    further = _further(names, ours, key, renames)
    problems += _lost(table, [name for name in further if further[name] not in carry], ours, key)
    for name in carry:
        if name not in further.values():
            problems.append(str(unknown_name(f"further column of {table}", name, further.values())))
    kept = {theirs: own for theirs, own in further.items() if own in carry or (carries_all and not carry)}
    if not ours.keys() & COLUMNS.keys() and not kept:
        column_names = ", ".join(COLUMNS)
        problems.append(f"{table} has no label column (it has {has}); known: {column_names}; name one with --column")
    if problems:
        raise InputError("\n".join(problems))
    return Header(ours, kept, tuple(own for theirs, own in further.items() if theirs not in kept))


def _own(names: Sequence[str], key: str, renames: Mapping[str, str], problems: list[str], table: str) -> dict[str, str]:
    """Return the table's column for each of ours that its names show."""
    free = [name for name in names if name not in renames.values()]
    ours: dict[str, str] = {}
    for own, usual in _usual(key).items():
        if own in renames:
            continue
        for candidate in usual:
            candidates = [name for name in free if _plain(name) == _plain(candidate) and name not in ours.values()]
            if len(candidates) > 1:
                problems.append(
                    f"{table} has two columns for {own}: {candidates[0]!r} and {candidates[1]!r}; "
                    "name one with --column"
                )
            if candidates:
                ours[own] = candidates[0]
                break
    person = next((name for name in free if _plain(name) == _NAME and name not in ours.values()), None)
    if person is not None and "subject_id" in ours and "subject_name" not in {*ours, *renames}:
        ours["subject_name"] = person  # a table of persons, whose videos another column names
    return ours


def _usual(key: str) -> dict[str, tuple[str, ...]]:
    """Return the usual names of each column of ours, the one that names the video first."""
    return {key: USUAL[key]} | {own: USUAL.get(own, (own,)) for own in COLUMNS}


def _further(names: Sequence[str], ours: Mapping[str, str], key: str, renames: Mapping[str, str]) -> dict[str, str]:
    """Return the columns that are none of ours, with the name each is carried under."""
    wanted = {theirs: own for own, theirs in renames.items() if own not in {*COLUMNS, key}}
    further = {}
    for name in names:
        if name not in ours.values():
            own = wanted.get(name, name)
            further[name] = f"table_{own}" if own in COLUMN_NAMES else own
    return further


def _lost(table: str, further: Collection[str], ours: Mapping[str, str], key: str) -> list[str]:
    """Say which further columns look like a misspelled one of ours that the table lacks."""
    missing: Collection[str] = {*COLUMNS, key} - ours.keys()
    return [
        f"{table}: the column {name!r} looks like {near!r}: --column {near}={name} takes it for that, "
        f"--carry {name} keeps it as it is"
        for name, near in misspelled(further, missing).items()
    ]


def _plain(name: str) -> str:
    """Return a header without case, blanks, signs and what stands in brackets, such as a scale."""
    text = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"[\W_]+", "", re.sub(r"[(\[].*?[)\]]", "", text))
