"""Print how many 16-frame clips a second each distortion renders, beside OpenCV's GaussianBlur.

    python benchmarks/distortions.py [--video FILE] [--threads 1] [--repeats 3]

A temporal distortion is given its lead-in frames too, as when a shard is rendered. Without `--video` the
frames are made; codecs then run at the speed of made frames.
"""

import argparse
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from vqaprep.distortions import Distortion, Frames, SourceInfo, get, names
from vqaprep.media.decode import decode

CLIP_FRAMES = 16
SIZES_PX = (224, 400)
SOURCE = SourceInfo(rate_fps=25, bits_per_pixel=0.1)


def main() -> None:
    """Measure every distortion at its middle level and print one row for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--video", type=Path, help="take the frames from the middle of this video's pictures")
    parser.add_argument("--threads", type=int, default=1, help="OpenCV threads")
    parser.add_argument("--repeats", type=int, default=3, help="the fastest of so many is printed")
    wanted = parser.parse_args()
    cv2.setNumThreads(wanted.threads)
    num_frames = CLIP_FRAMES + max(get(name).lead_in_frames for name in names())
    scenes = [_scene(wanted.video, num_frames, size_px) for size_px in SIZES_PX]
    print(f"{'clips/s':20}" + "".join(f"{size:>9} px{'GaussianBlur':>15}{'ratio':>8}" for size in SIZES_PX))
    for name in names():
        cells = [_cells(get(name), scene, wanted.repeats) for scene in scenes]
        print(f"{name:20}" + "".join(cells), flush=True)


def _cells(distortion: Distortion, scene: Frames, repeats: int) -> str:
    """Return clips/s of `distortion`, of the baseline timed right after it, and their ratio."""
    ours_s = _fastest_s(_job(distortion, scene), repeats)
    blur_s = _fastest_s(lambda: _opencv_blur(scene), 3 * repeats)
    return f"{1 / ours_s:12.1f}{1 / blur_s:15.1f}{blur_s / ours_s:8.3f}"


def _job(distortion: Distortion, scene: Frames) -> Callable[[], Frames]:
    frames = scene[: CLIP_FRAMES + distortion.lead_in_frames]
    strength = distortion.strengths[len(distortion.strengths) // 2]
    return lambda: distortion.apply(frames, strength, np.random.default_rng(0), SOURCE)


def _opencv_blur(scene: Frames) -> Frames:
    return np.stack([cv2.GaussianBlur(frame, (5, 5), 2) for frame in scene[:CLIP_FRAMES]])


def _fastest_s(job: Callable[[], Frames], repeats: int) -> float:
    job()
    seconds = []
    for _ in range(repeats):
        start_s = time.perf_counter()
        job()
        seconds.append(time.perf_counter() - start_s)
    return min(seconds)


def _scene(video: Path | None, num_frames: int, size_px: int) -> Frames:
    """Return (num_frames, size_px, size_px, 3) frames, of the middle of `video` or of a panning texture."""
    if video is not None:
        pictures = [frame.rgb() for frame in islice(decode(str(video)), num_frames)]
        top, left = ((side - size_px) // 2 for side in pictures[0].shape[:2])
        if min(top, left) >= 0:
            return np.stack([picture[top : top + size_px, left : left + size_px] for picture in pictures])
        return np.stack([np.asarray(cv2.resize(picture, (size_px, size_px)), np.uint8) for picture in pictures])
    rng = np.random.default_rng(0)
    octaves = [s * cv2.GaussianBlur(rng.normal(size=(size_px, 2 * size_px, 3)), (0, 0), s) for s in (1, 4, 16)]
    texture = np.clip(128 + 50 * sum(octaves) / np.std(sum(octaves)), 0, 255).astype(np.uint8)
    return np.stack([texture[:, 2 * t : 2 * t + size_px] for t in range(num_frames)])


if __name__ == "__main__":
    main()
