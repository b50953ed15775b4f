"""What the columns of a row may hold. A manifest may come from anywhere, and its values become paths, sizes and times.

Identifiers name files, so they are no paths. Numbers are finite and have bounds, so that none asks for memory or time
that no video needs. `manifest` checks what it reads with these rules, `probe` what it makes.
"""

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from math import isfinite
from types import MappingProxyType
from typing import Any, get_args

from vqaprep.errors import InputError
from vqaprep.rows import Clip, Span, TrackPoint, Video
from vqaprep.storage import check_address

_ID = re.compile(r"\w[\w.:+-]{0,199}")
_PLAIN = re.compile(r"\w[\w+-]{0,199}")  # a chain of distortions joins their names with a plus
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PATTERNS = MappingProxyType(
    {
        **dict.fromkeys(
            ("video_id", "clip_id", "scene_id"),
            (_ID, "letters, digits and _ . : + -, beginning with a letter or digit"),
        ),
        **dict.fromkeys(("distortion", "task"), (_PLAIN, "a plain name")),
        "sha256": (_SHA256, "64 hexadecimal digits in small letters"),
    }
)
_MOST = 2**53  # whole numbers up to here are exact in every format that carries them
_LARGEST = 1e300
_BOUNDS = MappingProxyType(
    {
        "num_bytes": (1, _MOST),
        "width_px": (1, 2**16),
        "height_px": (1, 2**16),
        "stream_index": (0, 10_000),
        "pixel_aspect": (0.25, 4.0),
        "rate_fps": (1e-3, 1e6),
        "num_frames": (1, 2**40),
        "duration_s": (0.0, 1e9),
        "start_s": (-1e9, 1e9),
        "keep_start_s": (-1e9, 1e9),
        "keep_end_s": (-1e9, 1e9),
        "level": (0, 1000),
        "interval": (1, 10_000),
        "pool": (1, 10_000),
        "rate_first": (1, 10_000),
        "rate_second": (1, 10_000),
    }
)
_LONGEST_CLIP = 100_000
"""Most source frames from the first to the last of a clip: a distortion that needs neighbours holds all of them."""


def value(name: str, kind: Any, given: Any) -> Any:
    """Return what a column `name` of type `kind` holds, from plain values of JSON, Arrow or CSV.

    Raises:
        InputError: it is of another type, out of bounds, or no value of this column.
    """
    return _READERS.get(kind, _choice(kind))(name, given)


def check_row(row: Video) -> None:
    """Refuse a row whose columns do not fit together.

    Raises:
        InputError: says which.
    """
    start_s = row.start_s if row.keep_start_s is None else row.keep_start_s
    end_s = row.start_s + row.duration_s if row.keep_end_s is None else row.keep_end_s
    if end_s < start_s:
        raise InputError(f"keep_end_s {end_s} lies before keep_start_s {start_s}")
    if not isinstance(row, Clip):
        return
    if not row.frames or len(row.frames) != len(row.ticks):
        raise InputError(
            f"a clip has {len(row.frames)} frames and {len(row.ticks)} ticks; give as many, and one or more"
        )
    if min(row.frames) < 0 or min(row.ticks) < 0:
        raise InputError("frames and ticks count from 0")
    if max(row.frames) >= 2 * row.num_frames:  # a packet may hold two fields, which are decoded as two frames
        raise InputError(f"frame {max(row.frames)} of a video with num_frames {row.num_frames}")
    if max(row.frames) - min(row.frames) > _LONGEST_CLIP:
        raise InputError(f"a clip goes from frame {min(row.frames)} to {max(row.frames)}; allowed are {_LONGEST_CLIP}")


def check_rows(rows: Sequence[Video]) -> None:
    """Refuse rows with equal ids, or rows of one video that name different files.

    Raises:
        InputError: says which.
    """
    ids: set[str] = set()
    files: dict[str, tuple[str, str]] = {}
    for row in rows:
        if row.id in ids:
            raise InputError(f"two rows have the id {row.id}; each row has its own")
        ids.add(row.id)
        if files.setdefault(row.video_id, (row.uri, row.sha256)) != (row.uri, row.sha256):
            raise InputError(f"rows of video_id {row.video_id} name different files; a video_id stands for one file")


def check_video(video: Video) -> None:
    """Check a row that this program made, by the rules of `value` and `check_row`.

    Raises:
        InputError: it could not be read again.
    """
    for name in _BOUNDS:
        if (held := getattr(video, name, None)) is not None:
            _in_bounds(name, held)
    check_row(video)


def _text(name: str, given: Any) -> str:
    if not isinstance(given, str):
        raise InputError(f"{name} is {_short_repr(given)}, which is no text")
    if name == "uri":
        if not given or "\0" in given:
            raise InputError(f"uri is {_short_repr(given)}, which is no path")
        try:
            check_address(given)
        except InputError as error:
            raise InputError(f"uri is {error}") from error
    if name in _PATTERNS and not _PATTERNS[name][0].fullmatch(given):
        raise InputError(f"{name} is {_short_repr(given)}; allowed are {_PATTERNS[name][1]}")
    return given


def _integer(name: str, given: Any) -> int:
    # pandas makes a column of whole numbers with holes one of floats.
    is_whole = isinstance(given, float) and given.is_integer()
    if isinstance(given, bool) or not (isinstance(given, int) or is_whole):
        raise InputError(f"{name} is {_short_repr(given)}, which is no whole number")
    return int(_in_bounds(name, int(given)))


def _real(name: str, given: Any) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise InputError(f"{name} is {_short_repr(given)}, which is no number")
    return float(_in_bounds(name, given))


def _flag(name: str, given: Any) -> bool:
    if not isinstance(given, bool):
        raise InputError(f"{name} is {_short_repr(given)}; allowed are true and false")
    return given


def _choice(kind: Any) -> Callable[[str, Any], Any]:
    def read(name: str, given: Any) -> Any:
        if given not in get_args(kind):
            raise InputError(f"{name} is {_short_repr(given)}; allowed are {', '.join(map(str, get_args(kind)))}")
        return given

    return read


def _items(read: Callable[[str, Any], Any]) -> Callable[[str, Any], tuple[Any, ...]]:
    def read_all(name: str, given: Any) -> tuple[Any, ...]:
        if not isinstance(given, list | tuple):
            raise InputError(f"{name} is {_short_repr(given)}, which is no list")
        return tuple(read(name, one) for one in given)

    return read_all


def _record(kind: type[Span] | type[TrackPoint]) -> Callable[[str, Any], Any]:
    names = tuple(kind.__dataclass_fields__)

    def read(name: str, given: Any) -> Any:
        if not isinstance(given, dict) or given.keys() != set(names):
            raise InputError(f"{name} holds {_short_repr(given)}; its entries are {', '.join(names)}")
        numbers = [_real(f"{one} of {name}", given[one]) for one in names]
        try:
            return kind(*numbers)
        except ValueError as error:
            raise InputError(f"{name}: {error}") from error

    return read


def _track(name: str, given: Any) -> tuple[TrackPoint, ...]:
    points: tuple[TrackPoint, ...] = _items(_record(TrackPoint))(name, given)
    if any(point.w_px <= 0 or point.h_px <= 0 for point in points):
        raise InputError(f"{name} holds a box without width or height")
    if any(after.t_s < before.t_s for before, after in pairwise(points)):
        raise InputError(f"the times of {name} do not grow")
    return points


_READERS: MappingProxyType[Any, Callable[[str, Any], Any]] = MappingProxyType(
    {
        str: _text,
        int: _integer,
        float: _real,
        bool: _flag,
        tuple[int, ...]: _items(_integer),
        tuple[float, ...]: _items(_real),
        tuple[Span, ...]: _items(_record(Span)),
        tuple[TrackPoint, ...]: _track,
    }
)


def _in_bounds(name: str, given: int | float) -> int | float:
    low, high = _BOUNDS.get(name, (-_MOST, _MOST) if isinstance(given, int) else (-_LARGEST, _LARGEST))
    if not isfinite(given) or not low <= given <= high:
        raise InputError(f"{name} is {given!r}; allowed is a number from {low:g} to {high:g}")
    return given


def _short_repr(given: Any) -> str:
    """Return a value for a message: what it holds may be long, or move the cursor of a terminal."""
    text = repr(given)
    return text if len(text) <= 60 else f"{text[:57]}..."
