"""Text to rows of cells: CSV with any delimiter, line ends within quotes, and the `sep=` line of spreadsheets."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from vqaprep.datasets.grid import Line
from vqaprep.errors import InputError

_DELIMITERS = (",", ";", "\t", "|")
_SEP = re.compile(r'\ufeff?"?sep=(.)"?[ \t]*(\r\n|\r|\n|$)', re.IGNORECASE)
_SAMPLE = 200  # rows that show which delimiter a file has
_LONGEST_CELL = 1 << 20


def split(text: str, *, name: str, delimiter: str | None = None) -> tuple[list[Line], str]:
    """Return the rows of a delimited text with their line numbers, and the delimiter.

    Raises:
        InputError: a cell is so long that a quote is surely not closed.
    """
    separator_line = _SEP.match(text)
    skipped = 0
    if separator_line is not None:
        text, skipped = text[separator_line.end() :], 1
        delimiter = delimiter or separator_line[1]
    delimiter = delimiter or _guess_delimiter(text, name)
    lines = [Line(f"{name} line {number + skipped}", cells) for number, cells in _rows(text, delimiter, name)]
    return lines, delimiter


def _rows(text: str, delimiter: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (number of its first line, cells) of each row; a line ends with any of the three ends of systems."""
    limit = csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    number = 1
    try:
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            yield number, cells
            number = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"{name} line {number}: {error}; perhaps a quote is not closed") from error
    finally:
        csv.field_size_limit(limit)


def _guess_delimiter(text: str, name: str) -> str:
    """Return the delimiter that gives most rows of the same number of cells, and most cells."""
    scores = {}
    for delimiter in _DELIMITERS:
        try:
            widths = [len(cells) for _, cells in islice(_rows(text, delimiter, name), _SAMPLE) if any(cells)]
        except InputError:
            continue
        width, num = Counter(w for w in widths if w > 1).most_common(1)[0] if max(widths, default=0) > 1 else (1, 0)
        scores[delimiter] = (num, width)
    return max(scores, key=lambda delimiter: scores[delimiter], default=",")
