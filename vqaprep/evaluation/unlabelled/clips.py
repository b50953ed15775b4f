"""Clips of good videos, damaged in known ways, with what full-reference measures and every scorer say of each."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vqaprep import distortions, measures
from vqaprep.distortions import Frames, SourceInfo
from vqaprep.errors import MediaError
from vqaprep.evaluation.scorers import Scorer
from vqaprep.media.decode import decode
from vqaprep.settings.seeds import rng_for

REFERENCES = ("vmaf_v1", "psnr", "ssim")
"""Where these three order two clips alike, people would hardly order them otherwise."""
TEMPORAL = ("frame_freeze", "low_frame_rate")
_SKIPPED_FRAMES = 25  # titles and fades
_LEAD_IN, _KEPT = 8, 16
_LEAST_MOTION = 0.3  # gray levels: a picture without motion shows no temporal damage


def clip_of(uri: str, *, short_side_px: int) -> tuple[Frames, float] | None:
    """Return 24 neighbouring frames of a video, at most `short_side_px` high or wide, and their rate; None if still.

    Reduction by area hides most of the video's own compression, so that the clip may serve as a reference.
    """
    seen = list(islice(decode(uri), _SKIPPED_FRAMES + _LEAD_IN + _KEPT))[-(_LEAD_IN + _KEPT) :]
    if len(seen) < _LEAD_IN + _KEPT:
        return None
    frames = np.stack([_reduced(frame.rgb(), short_side_px) for frame in seen])
    if np.abs(np.diff(frames.astype(np.int16), axis=0)).mean() < _LEAST_MOTION:
        return None
    rate_fps = (len(seen) - 1) / max(seen[-1].t_s - seen[0].t_s, 1e-3)
    return frames, rate_fps


def rows_of(
    uri: str, scorers: Mapping[str, Scorer], *, kinds: Sequence[str], short_side_px: int, seed: int
) -> list[dict[str, Any]]:
    """Return a row per version of a video's clip: the clip itself (kind `none`), and each kind at each level.

    Columns: `video`, `kind`, `level`, `REFERENCES` (one column each) and `score: NAME`, higher for better.
    """
    found = clip_of(uri, short_side_px=short_side_px)
    if found is None:
        return []
    clean, rate_fps = found
    kept = clean[_LEAD_IN:]
    rows = []
    for kind, level, seen in _versions(clean, rate_fps, kinds, seed, Path(uri).name):
        row: dict[str, Any] = {"video": uri, "kind": kind, "level": level}
        row |= {name: _measured(name, kept, seen, rate_fps) for name in REFERENCES}
        row |= {f"score: {name}": _upwards(one, seen, rate_fps) for name, one in scorers.items()}
        rows.append(row)
    return rows


def version(uri: str, kind: str, level: int, *, short_side_px: int, seed: int) -> Frames | None:
    """Return the frames of a row again, for a picture of them."""
    found = clip_of(uri, short_side_px=short_side_px)
    if found is None:
        return None
    levels = _versions(*found, [] if kind == "none" else [kind], seed, Path(uri).name)
    return next((seen for name, at, seen in levels if (name, at) == (kind, level)), None)


def _versions(
    clean: Frames, rate_fps: float, kinds: Sequence[str], seed: int, name: str
) -> Iterator[tuple[str, int, Frames]]:
    yield "none", 0, clean[_LEAD_IN:]
    for kind in kinds:
        for level in sorted({level for ladder in distortions.get(kind).ladders for level in ladder}):
            source = SourceInfo(rate_fps, None)
            seen = distortions.apply(clean, kind, level, rng_for(seed, "unlabelled", name, kind), source)
            yield kind, level, seen[_LEAD_IN:]


def _measured(name: str, reference: Frames, seen: Frames, rate_fps: float) -> float:
    try:
        return measures.get(name).apply(reference, seen, rate_fps)
    except MediaError:  # one clip that a measure refuses costs its pairs, not the run
        return float("nan")


def _upwards(one: Scorer, seen: Frames, rate_fps: float) -> float:
    score = one.apply(seen, rate_fps)
    return score if one.better == "higher" else -score


def _reduced(frame: Frames, short_side_px: int) -> Frames:
    height, width = frame.shape[:2]
    share = min(1.0, short_side_px / min(height, width))
    # Even sides, as 4:2:0 video has.
    size = (max(2, round(width * share / 2) * 2), max(2, round(height * share / 2) * 2))
    return np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8)
