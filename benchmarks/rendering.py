"""Rendering against bare decoding and against one ffmpeg process a view; writing against copying."""

import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.figures import Figure, Inline, cpu_s, ffmpeg
from benchmarks.films import FACE_PX, NUM_FRAMES, PLAIN, SIX, clips_of
from vqaprep.media.decode import decode
from vqaprep.rows import Clip, Video
from vqaprep.shards.make import make_shards
from vqaprep.shards.settings import ShardSettings
from vqaprep.shards.write import Packed, tar_path, write_shard

_REPEATS = 3
_EVERY = 6  # scenes that one ffmpeg process a view makes: enough to average, few enough to wait for


@dataclass(frozen=True)
class Round:
    """Processor seconds of each way through one film, taken one after the other under the same load."""

    null_s: float
    ffmpeg_s: float
    plain_s: float
    six_s: float
    """Six views of a scene."""
    process_s: float
    """Six views of a scene, an ffmpeg process each."""


def rendering(videos: Sequence[Video], folder: Path) -> list[Figure]:
    """Measure what undistorted face clips cost above decoding, and six views of each beside ffmpeg.

    The films' shards of six views are left in `six-0-0`, `six-1-0`, ...
    """
    make(clips_of(videos[0], PLAIN)[:1], folder / "warm")  # imports are no part of the work
    films = [[_round(video, folder, f"{i}-{r}") for r in range(_REPEATS)] for i, video in enumerate(videos)]
    rounds = list(zip(*films, strict=True))
    plain = median(_ratio(part, "plain_s", "null_s") for part in rounds)
    bare = median(_ratio(part, "plain_s", "ffmpeg_s") for part in rounds)
    six = median(_ratio(part, "process_s", "six_s") for part in rounds)
    found = [
        Figure("render undistorted face clips", plain, "null decode", most=1.5),
        Figure("render undistorted face clips", bare, "ffmpeg -f null, one thread"),
        Figure("six views: clips/s", six, "ffmpeg, a process a view", least=5),
    ]
    for video, film in zip(videos, films, strict=True):
        ours_s, theirs_s = (median(getattr(r, name) for r in film) for name in ("six_s", "process_s"))
        beside = f"{1e3 * theirs_s:.0f} ms by ffmpeg ({theirs_s / ours_s:.1f} x)"
        found.append(Figure(f"  a clip of {Path(video.uri).name}", 1e3 * ours_s, beside, unit="ms"))
    return found


def _round(video: Video, folder: Path, name: str) -> Round:
    plain, six = clips_of(video, PLAIN), clips_of(video, SIX)
    few = [clip for clip in six if clip.frames[0] % (_EVERY * NUM_FRAMES) == 0]
    return Round(
        null_s=cpu_s(lambda: sum(1 for _ in decode(video.uri))),
        plain_s=cpu_s(lambda: make(plain, folder / f"plain-{name}")),
        ffmpeg_s=cpu_s(lambda: ffmpeg("-threads", "1", "-i", video.uri, "-f", "null", "-")),
        six_s=cpu_s(lambda: make(six, folder / f"six-{name}")) / (len(six) // 6),
        process_s=cpu_s(lambda: _by_process(few, folder)) / (len(few) // 6),
    )


def _ratio(films: Sequence[Round], ours: str, theirs: str) -> float:
    return float(sum(getattr(film, ours) for film in films) / sum(getattr(film, theirs) for film in films))


def writing(folder: Path, *, megabytes: int = 64) -> Figure:
    """Measure writing a tar, checksummed and forced to disk, against copying a file of its bytes, forced likewise."""
    view = np.random.default_rng(0).integers(0, 256, NUM_FRAMES * 112 * 112 * 3, np.uint8).tobytes()
    samples = [
        Packed(f"{i}", b"{}", ((f"{i}.query.none.npy", view),)) for i in range(megabytes * 1_000_000 // len(view))
    ]
    (folder / "shards").mkdir(parents=True)
    pairs = []
    for _ in range(_REPEATS):
        ours_s = _wall_s(lambda: write_shard(folder, 0, samples, dropped=()))
        pairs.append((ours_s, _wall_s(lambda: _copy(tar_path(folder, 0), folder / "copy"))))
    ours_s, copy_s = (min(part) for part in zip(*pairs, strict=True))
    speed = f"file copy ({megabytes / copy_s:.0f} MB/s)"
    return Figure(f"write a tar, {megabytes / ours_s:.0f} MB/s", copy_s / ours_s, speed)


def make(clips: list[Clip], out: Path, settings: ShardSettings | None = None) -> None:
    """Render `clips` into `out` in this process; none may be lost."""
    out.mkdir(parents=True)
    lost = make_shards(clips, out, settings or ShardSettings(), Inline(), lambda _clips, _dropped: None)
    assert not lost, lost


def _by_process(clips: list[Clip], folder: Path) -> None:
    """Make views the common way, a process each: seek, distort, crop, scale, encode; H.264 needs a second one."""
    filters = {"gaussian_blur": "gblur=2,", "contrast": "eq=contrast=1.2,", "motion_blur": "dblur=radius=8,",
               "gaussian_noise": "noise=alls=10:allf=t,"}  # fmt: skip
    for clip in clips:
        at = ["-ss", f"{clip.frames[0] / clip.rate_fps:.3f}", "-i", clip.uri, "-frames:v", str(NUM_FRAMES)]
        cut = f"crop={FACE_PX}:{FACE_PX}:{clip.width_px // 3}:{clip.height_px // 4}"
        small = ["-vf", f"{filters.get(clip.distortion, '')}{cut},scale=112:112"]
        if clip.distortion == "h264":
            bits_per_s = 8 * clip.num_bytes / clip.duration_s * FACE_PX**2 / clip.width_px / clip.height_px / 2
            coded = str(folder / "coded.mp4")
            ffmpeg(
                "-threads", "1", *at, "-vf", cut, "-c:v", "libx264", "-b:v", f"{bits_per_s:.0f}", "-threads", "1", coded
            )
            at, small = ["-i", coded], ["-vf", "scale=112:112"]
        ffmpeg("-threads", "1", *at, *small, "-c:v", "libx264", "-crf", "18", "-threads", "1", str(folder / "view.mp4"))


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    with target.open("rb") as file:
        os.fsync(file.fileno())


def _wall_s(work: Callable[[], object]) -> float:
    start_s = time.perf_counter()
    work()
    return time.perf_counter() - start_s
