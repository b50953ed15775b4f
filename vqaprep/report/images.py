"""Pixels as `data:` addresses: thumbnails in lossy WebP, crops that must show damage without loss."""

from base64 import b64encode
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from vqaprep.errors import MediaError
from vqaprep.media.decode import decode
from vqaprep.report.blocks import Picture
from vqaprep.rows import Box, Video

Frames = npt.NDArray[np.uint8]

_LOSSY, _EXACT = 82, 101  # over 100 asks OpenCV for lossless WebP
_OUTLINE = (0, 214, 120)


def thumbnail(rgb: Frames, *, width_px: int, caption: str = "") -> Picture:
    """Return an RGB picture (H, W, 3) scaled to `width_px`."""
    height_px = max(1, round(rgb.shape[0] * width_px / rgb.shape[1]))
    way = cv2.INTER_AREA if width_px < rgb.shape[1] else cv2.INTER_CUBIC
    small = np.asarray(cv2.resize(rgb, (width_px, height_px), interpolation=way), np.uint8)
    return Picture(_uri(small, _LOSSY), width_px, height_px, caption)


def exact(rgb: Frames, *, zoom: int = 1, caption: str = "") -> Picture:
    """Return an RGB picture (H, W, 3) pixel for pixel."""
    return Picture(_uri(rgb, _EXACT), rgb.shape[1] * zoom, rgb.shape[0] * zoom, caption, zoom)


def from_file(path: Path, *, width_px: int, caption: str = "") -> Picture:
    """Return an image file, no wider than `width_px`.

    Raises:
        ValueError: it is no image.
    """
    bgr = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    if bgr is None:
        raise ValueError("no image")
    rgb = np.asarray(bgr[..., ::-1], np.uint8)
    return thumbnail(np.ascontiguousarray(rgb), width_px=min(width_px, rgb.shape[1]), caption=caption)


def poster(video: Video, *, width_px: int) -> Picture:
    """Return the first frame of the usable part of `video`, with the crop's box on it where there is one.

    Raises:
        MediaError: it cannot be decoded so far.
    """
    from vqaprep.media.render_crop import box_at

    start_s = video.spans[0].start_s if video.spans else video.keep.start_s
    for frame in decode(video.uri, scanned=video):
        if frame.t_s >= start_s - 1e-6:
            small = np.ascontiguousarray(frame.small(width_px))
            if video.crop_track:
                _outline(small, box_at(video.crop_track, frame.t_s), small.shape[1] / video.width_px)
            return thumbnail(small, width_px=small.shape[1])
    raise MediaError("truncated", f"the video ends before {start_s:.2f} s")


def _outline(rgb: Frames, box: Box, scale: float) -> None:
    left, top = round(box.x_px * scale), round(box.y_px * scale)
    right, bottom = round((box.x_px + box.w_px) * scale), round((box.y_px + box.h_px) * scale)
    cv2.rectangle(rgb, (left, top), (right, bottom), _OUTLINE, 2)


def _uri(rgb: Frames, quality: int) -> str:
    done, data = cv2.imencode(".webp", rgb[..., ::-1], [cv2.IMWRITE_WEBP_QUALITY, quality])
    assert done
    return f"data:image/webp;base64,{b64encode(data.tobytes()).decode('ascii')}"
