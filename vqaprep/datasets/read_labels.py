"""Read a user's table of labels: match its columns, read its rows, and report all errors at once."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from vqaprep.datasets import spelling
from vqaprep.datasets.columns import COLUMNS, Value, typed
from vqaprep.datasets.headers import KEYS, Header, header_of, known_column
from vqaprep.datasets.missing import Missing
from vqaprep.datasets.numbers import codes_in, numbers_of
from vqaprep.datasets.scan_settings import On
from vqaprep.datasets.tables import Record, read_table
from vqaprep.errors import InputError
from vqaprep.rows import Extra

SPELLED = ("label", "subject_id", "group_id", "theme", "dataset")
"""Columns whose values make classes and groups: two spellings of one value would be two."""
_SCORES = ("mos", "mos_std")
_MOST_PROBLEMS = 20
_MOST_PLACES, _MOST_WORDS = 5, 12


@dataclass(frozen=True, slots=True)
class TableOptions:
    """How a table is to be read, where the user says so.

    `carry` names the further columns to keep; without any, all are kept where `carries_all`.
    """

    sheet: str | None = None
    encoding: str | None = None
    missing: Missing = field(default_factory=Missing)
    folds_case: bool = False
    carry: tuple[str, ...] = ()
    carries_all: bool = True


@dataclass(frozen=True, slots=True)
class Label:
    """One row of the table: the video it names, where it stands, what it says in our columns and in further ones."""

    name: str
    where: str
    columns: dict[str, Value]
    extra: Extra = ()


@dataclass(frozen=True, slots=True)
class LabelTable:
    """The rows of a table, and what to say of how it was read."""

    rows: list[Label]
    notes: tuple[str, ...] = ()


def read_labels(
    table: Path, *, on: On, renames: Mapping[str, str] | None = None, options: TableOptions | None = None
) -> LabelTable:
    """Return the rows of `table`, checked and typed; `renames` maps our column names to the table's.

    Raises:
        InputError: no such file, no row, no column that names the video, a row without a name, a value of
            the wrong type, a code in place of a number, or two spellings of one value; says all of them.
    """
    options, renames, key = options or TableOptions(), renames or {}, KEYS[on]
    grid = read_table(
        table, known=lambda name: known_column(name, key, renames), sheet=options.sheet, encoding=options.encoding
    )
    if not grid.records:
        raise InputError(f"{table} has a header but no row")
    header = header_of(
        str(table), list(grid.records[0].cells), on=on, renames=renames, carry=options.carry,
        carries_all=options.carries_all,
    )  # fmt: skip
    problems: list[str] = []
    rows = _rows(grid.records, header, key, options.missing, problems)
    problems += [said for column in _SCORES for said in _codes(rows, column, options.missing)]
    rows, spellings = _one_spelling(rows, folds_case=options.folds_case)
    problems += spellings
    if problems:
        more = [f"and {len(problems) - _MOST_PROBLEMS} more"] if len(problems) > _MOST_PROBLEMS else []
        raise InputError("\n".join([*problems[:_MOST_PROBLEMS], *more]))
    notes = [*grid.notes, *_understood(header), *_read_as_missing(grid.records, header, options.missing)]
    return LabelTable(rows, tuple(notes))


def _rows(records: Sequence[Record], header: Header, key: str, missing: Missing, problems: list[str]) -> list[Label]:
    """Return what each row says; what cannot be read is added to `problems`."""
    named = {own: theirs for own, theirs in header.ours.items() if own in COLUMNS}
    numbers = {
        own: numbers_of((record.cells[theirs] for record in records), decimal_comma=records[0].decimal_comma)
        for own, theirs in named.items()
        if COLUMNS[own] is not str
    }
    rows = []
    for record in records:
        name = record.cells[header.ours[key]].strip()
        cells = {own: record.cells[theirs] for own, theirs in named.items()}
        if not name and all(missing.says_nothing(cell) for cell in cells.values()):
            continue
        if not name:
            problems.append(f"{record.where}: the column {header.ours[key]} is empty, so it names no video")
            continue
        values: dict[str, Value] = {}
        for own, cell in cells.items():
            try:
                values[own] = typed(own, cell, where=record.where, missing=missing, numbers=numbers.get(own))
            except InputError as error:
                problems.append(str(error))
        extra = ((own, record.cells[theirs].strip()) for theirs, own in header.further.items())
        columns: dict[str, Value] = {column: value for column, value in values.items() if value is not None}
        rows.append(Label(name, record.where, columns, tuple(cell for cell in extra if cell[1])))
    return rows


def _codes(rows: Sequence[Label], column: str, missing: Missing) -> list[str]:
    """Say which numbers look like codes for a missing one, and which deviations are below zero."""
    values = {row.where: value for row in rows if isinstance(value := row.columns.get(column), float)}
    kept = {where: value for where, value in values.items() if not missing.is_kept(f"{value:g}")}
    problems = []
    codes = codes_in(list(values.values())) & set(kept.values())
    for code in sorted(codes):
        places = [where for where, value in kept.items() if value == code]
        others = [value for value in values.values() if value not in codes]
        span = f"the others lie between {min(others):g} and {max(others):g}" if others else "there is no other number"
        problems.append(
            f"{_places(places)}: {column} {code:g} looks like a code for a missing number: {span}; "
            f"--missing {code:g} reads it as missing, --present {code:g} as a number"
        )
    if column == "mos_std":
        negative = [where for where, value in kept.items() if value < 0 and value not in codes]
        problems += [f"{_places(negative)}: mos_std is below zero, which no deviation is"] if negative else []
    return problems


def _one_spelling(rows: Sequence[Label], *, folds_case: bool) -> tuple[list[Label], list[str]]:
    """Return the rows with one spelling of each value where that is asked for; else say which have several."""
    problems: list[str] = []
    made = list(rows)
    for column in SPELLED:
        values = [str(row.columns[column]) for row in made if column in row.columns]
        if folds_case:
            folds = spelling.folds(values)
            made = [
                replace(row, columns=row.columns | {column: folds.get(str(value), value)})
                if (value := row.columns.get(column)) is not None else row
                for row in made
            ]  # fmt: skip
        else:
            problems += [spellings(column, group) for group in spelling.variants(values)]
    return made, problems


def spellings(column: str, group: Sequence[tuple[str, int]]) -> str:
    """Return the sentence about the spellings of one value, each with how often it comes."""
    spelled = ", ".join(f"{value!r} ({count})" for value, count in group)
    return (
        f"{column}: {spelled} differ only in case, blanks, form or leading zeros; correct the table, "
        f"or join them as {group[0][0]!r} with --fold-case"
    )


def _understood(header: Header) -> list[str]:
    """Say which column was taken for which, and that there is no label where there is none."""
    column_texts = [own if own == theirs else f"{own} = {theirs}" for own, theirs in header.ours.items()]
    carried = [own if own == theirs else f"{own} = {theirs}" for theirs, own in header.further.items()]
    others = (("carried", carried), ("not carried", header.left_out))
    lines = ["; ".join(f"{what}: {', '.join(names)}" for what, names in (("columns", column_texts), *others) if names)]
    if not header.ours.keys() & COLUMNS.keys():
        lines.append(f"no column of the table is a label; if one is: --column label=THEIRS (or {', '.join(COLUMNS)})")
    return lines


def _read_as_missing(records: Sequence[Record], header: Header, missing: Missing) -> list[str]:
    """Say which words in columns of text were read as missing: they may be values."""
    words: Counter[tuple[str, str]] = Counter()
    for own, theirs in header.ours.items():
        if COLUMNS.get(own) is str:
            cells = (record.cells[theirs].strip() for record in records)
            words.update((own, cell) for cell in cells if cell and missing.says_nothing(cell))
    words_text = ", ".join(f"{column} {word!r} ({count})" for (column, word), count in words.most_common(_MOST_WORDS))
    return [f"read as missing: {words_text}; if one is a value: --present WORD"] if words_text else []


def _places(places: Sequence[str]) -> str:
    more = f" and {len(places) - _MOST_PLACES} more" if len(places) > _MOST_PLACES else ""
    return f"{', '.join(places[:_MOST_PLACES])}{more}"
