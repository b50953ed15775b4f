"""Which of a file's video streams is read, and the shape of its pixels."""

from fractions import Fraction
from typing import Any

from av.stream import Disposition

from vqaprep.errors import MediaError

# ffmpeg's choice (map_auto_video in fftools/ffmpeg_mux_init.c): a stream that holds packets, then the default one
# unless another has five million pixels more, then the one with most pixels, then the first.
_HOLDS_PACKETS, _IS_DEFAULT = 100_000_000, 5_000_000
_WIDEST_PIXEL = 4  # DVD at half width reaches 2.9; files that say more are wrong


def choose(container: Any, index: int | None = None) -> Any:
    """Return the video stream `index`, counted as `ffprobe` counts all streams, or the one that ffmpeg would take.

    An attached picture, such as the cover of an album, is no video stream.

    Raises:
        MediaError: `no_video`, or `unreadable` where no decoder knows the stream's codec.
    """
    films = {s.index: s for s in films_of(container)}
    if not films:
        raise MediaError("no_video", f"streams: {[s.type for s in container.streams]}")
    if index is not None and index not in films:
        numbers = ", ".join(map(str, films))
        raise MediaError("no_video", f"stream {index} is no video stream; the video streams are {numbers}")
    stream = max(films.values(), key=_rank) if index is None else films[index]
    if stream.codec_context is None:
        raise MediaError("unreadable", "no decoder knows the video stream's codec")
    return stream


def films_of(container: Any) -> list[Any]:
    """Return the video streams of an open file, without attached pictures."""
    return [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]


def pixel_aspect(stream: Any) -> Fraction:
    """Return width over height of a stored pixel: what the container says, else the codec, else 1.

    An aspect that is absurd (over 4:1) is taken for unknown.
    """
    aspect = stream.sample_aspect_ratio
    is_sane = aspect and Fraction(1, _WIDEST_PIXEL) <= aspect <= _WIDEST_PIXEL
    return Fraction(aspect) if is_sane else Fraction(1)


def _rank(stream: Any) -> int:
    context = stream.codec_context
    pixels = 0 if context is None else context.width * context.height
    holds_packets = stream.start_time is not None or stream.frames > 0
    is_default = bool(stream.disposition & Disposition.default)
    return _HOLDS_PACKETS * holds_packets + _IS_DEFAULT * is_default + pixels
