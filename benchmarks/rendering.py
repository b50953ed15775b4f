"""Rendering against bare decoding and against one ffmpeg process a view; writing against copying."""

import os
import shutil
import time
from collections.abc import Callable, Sequence
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


def rendering(video: Video, folder: Path) -> list[Figure]:
    """Measure how much more than decoding it costs to render undistorted face clips, and six views of each."""
    plain, six = clips_of(video, PLAIN), clips_of(video, SIX)
    few = [clip for clip in six if clip.frames[0] % (_EVERY * NUM_FRAMES) == 0]
    make(plain[:1], folder / "warm")  # imports are no part of the work
    rounds = [
        (
            cpu_s(lambda: sum(1 for _ in decode(video.uri))),
            cpu_s(lambda i=i: make(plain, folder / f"plain{i}")),  # type: ignore[misc]  # bound now
            cpu_s(lambda: ffmpeg("-threads", "1", "-i", video.uri, "-f", "null", "-")),
            cpu_s(lambda i=i: make(six, folder / f"six{i}")) / len(six),  # type: ignore[misc]  # bound now
            cpu_s(lambda: _by_process(few, folder)) / len(few),
        )
        for i in range(_REPEATS)
    ]
    null, plain_s, ffmpeg_s, six_s, process_s = zip(*rounds, strict=True)
    beside = f"ffmpeg a view ({6e3 * median(process_s):.0f} ms a clip)"
    return [
        Figure("render undistorted face clips", _ratio(plain_s, null), "null decode", most=1.5),
        Figure("render undistorted face clips", _ratio(plain_s, ffmpeg_s), "ffmpeg -f null, one thread"),
        Figure(f"six views, {6e3 * median(six_s):.0f} ms a clip: clips/s", _ratio(process_s, six_s), beside, least=5),
    ]


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


def _ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the median over the rounds: both sides of a round ran one after the other, under the same load."""
    return median(a / b for a, b in zip(ours, theirs, strict=True))


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    with target.open("rb") as file:
        os.fsync(file.fileno())


def _wall_s(work: Callable[[], object]) -> float:
    start_s = time.perf_counter()
    work()
    return time.perf_counter() - start_s
