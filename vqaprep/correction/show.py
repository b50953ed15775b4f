"""Prepare one video for the page: pictures of its stretches, and the boxes on them as plain values."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from vqaprep.correction.layouts import Layout, Seat, layouts_of
from vqaprep.detect.by_hand import Override
from vqaprep.detect.sightings import Sightings
from vqaprep.detect.watch import WatchSettings, look_at
from vqaprep.errors import MediaError
from vqaprep.errors.crashes import contained
from vqaprep.media.decode import decode
from vqaprep.media.render_crop import box_at
from vqaprep.rows import Box, Dropped, Span, Video
from vqaprep.rows.plain_text import printable
from vqaprep.storage.durable import durable

PICTURES = "pictures"
MOST_LAYOUTS = 60
_WIDTH_PX = 640
_COVER = (40, 40, 40)
Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class VideoToShow:
    """One video to show: its row as it is, what crop made of it, and where pictures go.

    `is_hidden`: what was read is covered in the pictures and left out of the values.
    """

    video: Video
    name: str
    drop: Dropped | None
    by_hand: tuple[Override, ...]
    watch: WatchSettings
    cache: Path
    folder: Path
    is_hidden: bool


def show(one: VideoToShow) -> dict[str, Any]:
    """Write the pictures of one video and return its values for the page; what cannot be decoded says why."""
    try:
        with contained():
            return summary(one) | _stretches(one)
    except MediaError as error:
        return summary(one) | {"problem": f"{error.reason}: {error.detail}"}


def summary(one: VideoToShow) -> dict[str, Any]:
    """Return what is known of a video without looking at it."""
    video, drop = one.video, one.drop
    decided = {"reason": drop.reason, "detail": drop.detail} if drop is not None else {"rule": video.subject_rule}
    return {
        "id": video.video_id,
        "name": printable(one.name),
        "width_px": video.width_px,
        "height_px": video.height_px,
        "duration_s": round(video.duration_s, 3),
        "decided_by": video.subject_decided_by or "",
        "decisions": [_row(override) for override in one.by_hand],
        "layouts": [],
        "num_left_out": 0,
        **decided,
    }


def _stretches(one: VideoToShow) -> dict[str, Any]:
    observed = look_at(one.video, watch=one.watch, cache=one.cache)
    assert observed.look is not None and observed.sightings is not None
    every = layouts_of(one.video, observed.look, observed.sightings)
    longest = sorted(every, key=lambda layout: -layout.span.duration_s)[:MOST_LAYOUTS]
    layouts = sorted(longest, key=lambda layout: layout.span.start_s)
    names = [f"{one.video.video_id}-{round(1000 * layout.t_s)}.webp".replace(":", "-") for layout in layouts]
    _write_pictures(one, layouts, names, observed.sightings)
    is_whole = len(every) == 1
    values = [_values(layout, name, one, is_whole=is_whole) for layout, name in zip(layouts, names, strict=True)]
    return {"layouts": values, "num_left_out": len(every) - len(layouts)}


def _values(layout: Layout, picture: str, one: VideoToShow, *, is_whole: bool) -> dict[str, Any]:
    """Return a layout in seconds from the first frame, rounded so that two stretches share no time."""
    start_s, end_s = (round(t_s - one.video.start_s, 3) for t_s in (layout.span.start_s, layout.span.end_s))
    texts = [] if one.is_hidden else [{"text": c.text, "box": _sides(c.box)} for c in layout.readings]
    return {
        "picture": f"{PICTURES}/{picture}",
        "start_s": None if is_whole else start_s,
        "end_s": None if is_whole else end_s,
        "t_s": round(layout.t_s - one.video.start_s, 2),
        "seats": [
            {"face": _sides(s.face.box), "place": _outer(s.place), "score": round(s.face.score, 2),
             "is_chosen": _is_chosen(s, layout.span, one)}
            for s in layout.seats
        ],
        "tiles": [_sides(tile) for tile in layout.tiles],
        "readings": texts,
    }  # fmt: skip


def _is_chosen(seat: Seat, span: Span, one: VideoToShow) -> bool:
    """Say whether crop follows this face."""
    track, t_s = one.video.crop_track, seat.face.t_s
    if one.drop is not None or not track or not any(t_s in usable for usable in one.video.spans) or t_s not in span:
        return False
    x, y = box_at(track, t_s).center_px
    box = seat.face.box
    return box.x_px <= x <= box.x_px + box.w_px and box.y_px <= y <= box.y_px + box.h_px


def _write_pictures(one: VideoToShow, layouts: Sequence[Layout], names: Sequence[str], sightings: Sightings) -> None:
    """Write the first frame at or after the time of each layout; those that are there already are kept."""
    folder = one.folder / PICTURES
    moments = ((layout.t_s, name) for layout, name in zip(layouts, names, strict=True))
    waiting = sorted((t_s, name) for t_s, name in moments if not (folder / name).exists())
    for frame in decode(one.video.uri, num_frames=one.video.num_frames, scanned=one.video) if waiting else ():
        while waiting and frame.t_s >= waiting[0][0] - 1e-6:
            _, name = waiting.pop(0)
            small = np.ascontiguousarray(frame.small(min(_WIDTH_PX, one.video.width_px)))
            if one.is_hidden:
                # of all times: a name that was not read in this stretch stays where it was in another one
                _cover(small, [caption.box for caption in sightings.captions], one.video.width_px)
            _write(folder / name, small)
        if not waiting:
            break


def _cover(small: Pixels, boxes: Sequence[Box], width_px: int) -> None:
    """Cover what was read: a name in a picture is a name."""
    scale = small.shape[1] / width_px
    for box in boxes:
        edge = 0.2 * box.h_px
        corner = round((box.x_px - edge) * scale), round((box.y_px - edge) * scale)
        other = round((box.x_px + box.w_px + edge) * scale), round((box.y_px + box.h_px + edge) * scale)
        cv2.rectangle(small, corner, other, _COVER, -1)


def _write(path: Path, rgb: Pixels) -> None:
    done, data = cv2.imencode(".webp", rgb[..., ::-1], [cv2.IMWRITE_WEBP_QUALITY, 80])
    assert done
    with durable(path, mode=0o600) as temporary:
        temporary.write_bytes(data.tobytes())


def _row(one: Override) -> dict[str, Any]:
    """Return a decision as the page keeps it, in seconds from the first frame."""
    end_s = None if one.span.end_s == float("inf") else one.span.end_s
    return {
        "rule": one.rule or "",
        "box": None if one.box is None else _sides(one.box),
        "start_s": None if one.span.start_s == 0 and end_s is None else one.span.start_s,
        "end_s": end_s,
        "keep": one.keep,
        "by": one.by or "",
    }


def _sides(box: Box) -> list[float]:
    return [round(side, 1) for side in (box.x_px, box.y_px, box.w_px, box.h_px)]


def _outer(box: Box) -> list[int]:
    """Return a box in whole pixels that holds `box`."""
    left, top = int(box.x_px // 1), int(box.y_px // 1)
    return [left, top, int(-(-(box.x_px + box.w_px) // 1)) - left, int(-(-(box.y_px + box.h_px) // 1)) - top]
