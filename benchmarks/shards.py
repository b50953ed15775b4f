"""Measure rendering and reading of shards against bare decoding, ffmpeg per clip, and stock webdataset.

All figures of one run come from the same machine and film; times are processor seconds.
Run `python benchmarks/shards.py [--out figures.json]`.
"""

import argparse
import json
import os
import subprocess
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np
import webdataset

from vqaprep.engines import Done, Failed
from vqaprep.media.decode import decode
from vqaprep.media.probe import probe
from vqaprep.rows import Clip, TrackPoint, Video, as_clip
from vqaprep.shards.make import make_shards
from vqaprep.shards.read import ShardReader
from vqaprep.shards.settings import ShardSettings

_SECONDS = 10
_NUM_FRAMES = 16
_FACE_PX = 240
_VARIANTS = [("none", 0), ("gaussian_blur", 2), ("contrast", 2), ("h264", 2), ("motion_blur", 2), ("gaussian_noise", 2)]
_PROCESS_CLIPS = 6
"""Clips made by one ffmpeg process each: enough to average, few enough to wait for."""


class _Inline:
    def map(self, work: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Done | Failed]:
        for i, item in enumerate(items):
            yield Done(i, work(item))


def main() -> None:
    """Print a table of figures and, where asked, write them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    out: Path | None = parser.parse_args().out
    warnings.simplefilter("ignore", ResourceWarning)  # stock webdataset leaves its tars open
    with tempfile.TemporaryDirectory() as name:
        figures = _measure(Path(name))
    for title, value in figures.items():
        print(f"{value:10.2f}  {title}")
    if out is not None:
        out.write_text(json.dumps(figures, indent=1), encoding="utf-8")


def _measure(folder: Path) -> dict[str, float]:
    video = _film(folder / "film.mp4")
    plain = _clips(video, [("none", 0)])
    null_s = _seconds(lambda: sum(1 for _ in decode(video.uri)))
    ffmpeg_s = _seconds(lambda: _ffmpeg("-threads", "1", "-i", video.uri, "-f", "null", "-"))
    figures = {"frames/s, decode and nothing else": video.num_frames / null_s,
               "frames/s, ffmpeg -f null": video.num_frames / ffmpeg_s}  # fmt: skip
    _make(plain[:1], folder / "warm", ShardSettings())  # imports are no part of the work
    for spatial in ("face", "center", "native"):
        settings = ShardSettings.model_validate({"spatial": spatial})
        seconds = _seconds(lambda s=settings: _make(plain, folder / s.spatial, s))  # type: ignore[misc]  # bound now
        figures[f"x null decode, undistorted {spatial} clips of all frames"] = seconds / null_s
    six = _clips(video, _VARIANTS)
    views_s = _seconds(lambda: _make(six, folder / "six", ShardSettings()))
    figures["views/s, six versions, face"] = len(six) / views_s
    process_s = _seconds(lambda: _by_process(six[: 6 * _PROCESS_CLIPS]))
    figures["x views/s of one ffmpeg process a view"] = (len(six) / views_s) / (6 * _PROCESS_CLIPS / process_s)
    return figures | _reading(folder / "six", plain)


def _reading(folder: Path, plain: list[Clip]) -> dict[str, float]:
    """Compare reading views by number, reading them through webdataset, and seeking in the film."""
    reader = ShardReader(folder)
    num_views = sum(map(len, reader.column("members")))
    order = np.random.default_rng(0).permutation(len(reader)).tolist()
    ours_s = min(_seconds(lambda: [reader[i] for i in order]) for _ in range(3))
    tars = sorted(str(path) for path in (folder / "shards").glob("*.tar"))
    stock = webdataset.WebDataset(tars, shardshuffle=False).decode()
    stock_s = min(_seconds(lambda: list(stock)) for _ in range(3))
    few = plain[:: max(1, len(plain) // 5)]
    seek_s = _seconds(lambda: [_by_seeking(clip) for clip in few]) / len(few)
    return {
        "views/s read by number": num_views / ours_s,
        "x stock webdataset": stock_s / ours_s,
        "x seeking in the film": (num_views / ours_s) * seek_s,
    }


def _film(path: Path) -> Video:
    """Write a 720p film of moving texture that costs about what camera footage does."""
    _ffmpeg(
        "-f", "lavfi", "-i", f"testsrc2=size=1280x720:rate=25:duration={_SECONDS}",
        "-vf", "noise=alls=3:allf=t", "-c:v", "libx264", "-crf", "23", "-preset", "fast",
        "-pix_fmt", "yuv420p", str(path),
    )  # fmt: skip
    return probe(str(path))


def _clips(video: Video, variants: list[tuple[str, int]]) -> list[Clip]:
    box = (400.0, 200.0, float(_FACE_PX), float(_FACE_PX))
    track = (TrackPoint(0.0, *box, 1.0), TrackPoint(float(_SECONDS), 500.0, *box[1:], 1.0))
    return [
        as_clip(
            video.having(distortion=distortion, level=level, crop_track=track),
            clip_id=f"{start}-{distortion}", scene_id=f"{video.video_id}-{start:04d}",
            frames=tuple(range(start, start + _NUM_FRAMES)), ticks=tuple(range(start, start + _NUM_FRAMES)),
        )
        for start in range(0, video.num_frames - _NUM_FRAMES + 1, _NUM_FRAMES)
        for distortion, level in variants
    ]  # fmt: skip


def _make(clips: list[Clip], out: Path, settings: ShardSettings) -> None:
    out.mkdir()
    lost = make_shards(clips, out, settings, _Inline(), lambda _clips, _dropped: None)
    assert not lost, lost


def _by_process(clips: list[Clip]) -> None:
    """Make views the common way: seek, filter, crop, scale, encode, in a process each."""
    filters = {"gaussian_blur": "gblur=2,", "contrast": "eq=contrast=1.2,", "motion_blur": "dblur=radius=8,",
               "gaussian_noise": "noise=alls=10:allf=t,"}  # fmt: skip
    for clip in clips:
        graph = f"{filters.get(clip.distortion, '')}crop={_FACE_PX}:{_FACE_PX}:400:200,scale=112:112"
        bits = ["-b:v", "200k"] if clip.distortion == "h264" else ["-crf", "18"]
        at = ["-ss", f"{clip.frames[0] / clip.rate_fps:.3f}", "-i", clip.uri, "-frames:v", str(_NUM_FRAMES)]
        _ffmpeg(*at, "-vf", graph, "-c:v", "libx264", *bits, "-threads", "1", "-f", "null", "-")


def _by_seeking(clip: Clip) -> int:
    """Decode one clip at random: seek to the key frame before it and go on from there."""
    import av

    with av.open(clip.uri) as container:
        stream = container.streams.video[0]
        container.seek(int(clip.frames[0] / clip.rate_fps / stream.time_base), stream=stream)  # type: ignore[operator]
        count = 0
        for picture in container.decode(stream):
            if picture.time is not None and picture.time * clip.rate_fps >= clip.frames[0] - 0.5:
                picture.to_ndarray(format="rgb24")
                count += 1
            if count == _NUM_FRAMES:
                break
    return count


def _ffmpeg(*arguments: str) -> None:
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y", *arguments], check=True)


def _seconds(work: Callable[[], Any]) -> float:
    """Return the processor seconds of `work` and its children: other load on the machine hardly counts."""
    before = os.times()
    work()
    return sum(os.times()[:4]) - sum(before[:4])


if __name__ == "__main__":
    main()
