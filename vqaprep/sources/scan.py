"""Read what videos are."""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from vqaprep.errors import MediaError
from vqaprep.errors.crashes import contained
from vqaprep.rows import Dropped, Row

if TYPE_CHECKING:
    from vqaprep.media.reading import Reading

_log = logging.getLogger(__name__)


def scan_one(uri: str, reading: "Reading | None" = None) -> list[Row | Dropped]:
    """Return the row of one video, read as `reading` says, or why it has none."""
    from vqaprep.media.probe import probe
    from vqaprep.media.same_frames import check_same_frames

    try:
        uri.encode("utf-8")
    except UnicodeEncodeError:
        name = uri.encode("utf-8", "backslashreplace").decode()
        return [Dropped(name, "scan", "unreadable", "the file name is not UTF-8; rename the file", name)]
    try:
        with contained():
            video = probe(uri, reading)
            if reading is not None and reading.decoder != "pyav":
                check_same_frames(video, reading.decoder)
                video = video.having(decoder=reading.decoder)
            return [video]
    except MediaError as error:
        return [Dropped(uri, "scan", error.reason, error.detail, uri)]


def remarks(rows: Sequence[Row]) -> list[str]:
    """Return one sentence for each property of the scanned videos that the user should know."""
    woven = sum(row.is_interlaced and row.deinterlace == "off" for row in rows)
    damaged = sum(bool(row.num_damaged_frames) for row in rows)
    several = sum(row.num_video_streams > 1 for row in rows)
    said = []
    if woven:
        said.append(f"interlaced, two moments in each frame: {woven} of {len(rows)}; see --deinterlace")
    if damaged:
        said.append(f"with damaged frames, which no clip uses: {damaged} of {len(rows)} (column num_damaged_frames)")
    if several:
        said.append(
            f"with several video streams: {several} of {len(rows)}; stream_index says which is read, see --stream"
        )
    return said


def without_duplicates(rows: Sequence[Row]) -> list[Row | Dropped]:
    """Replace every row whose bytes came before by a drop that names the first."""
    first: dict[str, str] = {}
    kept: list[Row | Dropped] = []
    for row in rows:
        known = first.setdefault(row.sha256, row.uri)
        is_first = known == row.uri
        kept.append(row if is_first else Dropped(row.uri, "scan", "duplicate", f"same bytes as {known}", row.uri))
    return kept
