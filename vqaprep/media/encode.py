"""Encode and decode frames in memory, as a viewer of the stream would see them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import chain
from typing import Any, Literal

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from vqaprep.errors import MediaError

Frames = npt.NDArray[np.uint8]
Codec = Literal["libx264", "libx265", "mpeg2video", "libvpx-vp9", "libsvtav1"]


def round_trip(
    frames: Frames,
    *,
    codec: Codec,
    options: Mapping[str, str],
    rate_fps: float,
) -> Frames:
    """Encode and decode uint8 (T, H, W, 3) RGB `frames`; return as many, in presentation order.

    One thread on both sides, so the bytes depend on the input alone. The stream is 8-bit 4:2:0, BT.709,
    limited range; sizes the codec cannot hold are padded at the right and bottom and cut back.

    Args:
        frames: pictures to encode.
        codec: encoder name.
        options: encoder options (`crf`, `preset`, ...).
        rate_fps: frame rate that rate control works with.

    Raises:
        MediaError: `unsupported`, when the codec refuses the frames or loses some of them.
    """
    packets = encode(frames, codec=codec, options=options, rate_fps=rate_fps)
    return decode(packets, codec=codec, shape=frames.shape)


def encode(
    frames: Frames,
    *,
    codec: Codec,
    options: Mapping[str, str],
    rate_fps: float,
) -> list[Any]:
    """Return the coded packets of `frames`, in coding order (arguments and errors as for `round_trip`)."""
    return encode_yuv(yuv_of(frames), codec=codec, options=options, rate_fps=rate_fps)


def encode_yuv(
    pictures: Iterable[Any],
    *,
    codec: Codec,
    options: Mapping[str, str],
    rate_fps: float,
) -> list[Any]:
    """Return the coded packets of what `yuv_of` or `halved` made; the pictures may be encoded again."""
    rate, coming = coded_rate(rate_fps), iter(pictures)
    first = next(coming)
    encoder: Any = av.CodecContext.create(codec, "w")
    encoder.width, encoder.height = first.width, first.height
    encoder.pix_fmt = "yuv420p"
    encoder.framerate, encoder.time_base = rate, 1 / rate
    encoder.color_range, encoder.colorspace = ColorRange.MPEG, Colorspace.ITU709
    encoder.options = dict(options) | _SAME_EVERYWHERE.get(codec, {})
    encoder.thread_count = 1
    try:
        return [packet for picture in chain([first], coming, [None]) for packet in encoder.encode(picture)]
    except av.FFmpegError as error:
        raise MediaError("unsupported", f"{codec}: {error}") from error


def decode(packets: list[Any], *, codec: Codec, shape: tuple[int, ...]) -> Frames:
    """Return the uint8 RGB frames of `shape` (T, H, W, 3) that `encode` made `packets` of.

    Raises:
        MediaError: `unsupported`, when the codec loses frames.
    """
    decoder: Any = av.CodecContext.create(_DECODERS.get(codec) or av.Codec(codec, "w").canonical_name, "r")
    decoder.thread_count = 1
    frames, num_shown, to_rgb = np.empty(shape, np.uint8), 0, VideoReformatter()
    try:
        for picture in (picture for packet in [*packets, None] for picture in decoder.decode(packet)):
            frames[min(num_shown, shape[0] - 1)] = _rgb(picture, to_rgb)[: shape[1], : shape[2]]
            num_shown += 1
    except av.FFmpegError as error:
        raise MediaError("unsupported", f"{codec}: {error}") from error
    if num_shown != shape[0]:
        raise MediaError("unsupported", f"{codec} gave back {num_shown} of {shape[0]} frames")
    return frames


def yuv_of(frames: Frames) -> Iterator[Any]:
    """Yield uint8 (T, H, W, 3) RGB `frames` as yuv420p pictures (BT.709, limited range), numbered from 0."""
    to_yuv = VideoReformatter()
    height_px, width_px = (coded_size_px(size_px) for size_px in frames.shape[1:3])
    for index, frame in enumerate(frames):
        picture = as_yuv(frame, to_yuv, width_px=width_px, height_px=height_px)
        picture.pts = index
        yield picture


def as_yuv(frame: Frames, to_yuv: VideoReformatter, *, width_px: int, height_px: int) -> Any:
    """Return uint8 (H, W, 3) RGB as a yuv420p picture of this size: its last row and column are repeated."""
    below, right = height_px - frame.shape[0], width_px - frame.shape[1]
    padded = np.asarray(cv2.copyMakeBorder(frame, 0, below, 0, right, cv2.BORDER_REPLICATE), np.uint8)
    return to_yuv.reformat(
        av.VideoFrame.from_ndarray(padded, "rgb24"),
        format="yuv420p",
        dst_colorspace=Colorspace.ITU709,
        src_color_range=ColorRange.JPEG,
        dst_color_range=ColorRange.MPEG,
        interpolation=_exact(),
        threads=1,
    )


def halved(pictures: Sequence[Any]) -> list[Any]:
    """Return yuv420p `pictures` at half their width and height, rounded to even, by averaging."""
    scale = VideoReformatter()
    size = {side: getattr(pictures[0], side) // 4 * 2 for side in ("width", "height")}
    small = [scale.reformat(picture, **size, interpolation=Interpolation.AREA, threads=1) for picture in pictures]
    for index, picture in enumerate(small):
        picture.pts = index
    return small


def rgb_of(pictures: Iterable[Any], shape: tuple[int, ...]) -> Frames:
    """Convert decoded `pictures` (BT.709, limited range) to uint8 RGB of `shape` (T, H, W, 3), padding cut off."""
    frames, to_rgb = np.empty(shape, np.uint8), VideoReformatter()
    for frame, picture in zip(frames, pictures, strict=True):
        frame[:] = _rgb(picture, to_rgb)[: shape[1], : shape[2]]
    return frames


def _rgb(picture: Any, to_rgb: VideoReformatter) -> Frames:
    converted = to_rgb.reformat(
        picture,
        format="gbrp",  # the same pixels as rgb24 in half the time
        src_colorspace=Colorspace.ITU709,
        src_color_range=ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
        interpolation=_exact(),
        threads=1,
    )
    return np.asarray(converted.to_ndarray(), np.uint8)


def coded_rate(rate_fps: float) -> Fraction:
    """Return the frame rate that encoders and filters are given: a fraction that they can hold, never 0.

    x264 takes a frame that lasts longer than a second for one of a second, so slower rates code alike.
    """
    return max(Fraction(rate_fps).limit_denominator(_RATE_TERM), Fraction(1, _RATE_TERM))


def coded_size_px(size_px: int) -> int:
    """Return the width or height that a picture of `size_px` is coded with, in pixels."""
    # 4:2:0 needs even sizes; encoders refuse pictures smaller than a coding block.
    return max(size_px + size_px % 2, _SMALLEST_PX)


def _exact() -> Interpolation:
    # swscale's default flags darken each channel by about one level in every round trip.
    flags = Interpolation
    return flags.BICUBIC | flags.ACCURATE_RND | flags.FULL_CHR_H_INT | flags.FULL_CHR_H_INP


# x264's fast macroblock tree reads memory that it never wrote: the same frames can give other bytes without this.
SAME_BYTES_X264 = {"x264-params": "cpu-independent=1"}
_SAME_EVERYWHERE: dict[Codec, dict[str, str]] = {"libx264": SAME_BYTES_X264}
_DECODERS: dict[Codec, str] = {"libsvtav1": "libdav1d"}  # the decoder called av1 works on graphics cards alone
_SMALLEST_PX = 64
_RATE_TERM = 1001  # of 30000/1001, the rate of NTSC
