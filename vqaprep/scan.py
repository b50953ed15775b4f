"""Read what videos are."""

import logging
from collections.abc import Sequence

from vqaprep.crashes import contained
from vqaprep.errors import MediaError
from vqaprep.rows import Dropped, Row

_log = logging.getLogger(__name__)


def scan_one(uri: str) -> list[Row | Dropped]:
    """Return the row of one video, or why it has none."""
    from vqaprep.media.probe import probe

    try:
        uri.encode("utf-8")
    except UnicodeEncodeError:
        name = uri.encode("utf-8", "backslashreplace").decode()
        return [Dropped(name, "scan", "unreadable", "the file name is not UTF-8; rename the file", name)]
    try:
        with contained():
            return [probe(uri)]
    except MediaError as error:
        return [Dropped(uri, "scan", error.reason, error.detail, uri)]


def without_duplicates(rows: Sequence[Row]) -> list[Row | Dropped]:
    """Replace every row whose bytes came before by a drop that names the first."""
    first: dict[str, str] = {}
    kept: list[Row | Dropped] = []
    for row in rows:
        known = first.setdefault(row.sha256, row.uri)
        is_first = known == row.uri
        kept.append(row if is_first else Dropped(row.uri, "scan", "duplicate", f"same bytes as {known}", row.uri))
    return kept
