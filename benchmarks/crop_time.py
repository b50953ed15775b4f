"""Time the planning of trim and crop against plain decoding, and both detectors on each frame against it."""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg

from benchmarks.figures import Figure, ffmpeg, show
from tests.compose.catalogue import pair, speaker
from tests.compose.interview import Interview, Scene
from tests.compose.store import composed
from vqaprep.detect.faces import face_finder
from vqaprep.detect.text import CaptionReader
from vqaprep.media.decode import decode

_EVERY = 100  # frames of the minute from one on which both detectors are timed to the next
_LONGER = 3.0  # times the length, to show that memory does not depend on it


@dataclass(frozen=True)
class Cost:
    """What a process took, all its threads and start together: processor seconds, wall seconds; what it printed."""

    cpu_s: float
    wall_s: float
    printed: str


def main() -> int:
    """Print and store the table, and return 1 where a promise is broken."""
    parser = work_parser(__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="length of the interview")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    figures = _timing(options.footage, options.work, options.minutes)
    return show(figures, command="python -m benchmarks.crop_time", name="crop_time")


def work_parser(description: str | None) -> argparse.ArgumentParser:
    """Return a parser of what both programs about crops must be told."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("footage", type=Path, help="folder of faces/*.mp4, as `vqaprep samples` fetches it")
    parser.add_argument("--work", type=Path, default=Path("runs/bench-crop"), help="keeps what was composed and seen")
    return parser


def _timing(footage: Path, work: Path, minutes: float) -> list[Figure]:
    """Return time and memory of planning for a 720p interview of `minutes`, all from one run."""
    people, names = ("fi", "jwp"), ("Maria Silva", "Interviewer")
    scenes = Scene(20, pair(people, names)), Scene(10, speaker(people[::-1], names[::-1]))
    video, _ = composed(Interview("timed", scenes, "fi", (), preset="medium"), footage, work)
    lengths = 1.0, minutes, _LONGER * minutes
    minute, long, longer = (_looped(Path(video.uri), work / f"timed-{m:g}.mp4", m) for m in lengths)
    free = os.sched_getaffinity(0)
    core = {max(free)}
    before, plan, look, after = (
        _decoding(long, core),
        _planning(long, core),
        _looking(long, core),
        _decoding(long, core),
    )
    free_cost = _decoding(long, free)
    each_s = _both_detectors_s(minute) * minutes
    peaks_mb = [float(cost.printed) for cost in (_planning(minute, free), plan, _planning(longer, free))]
    base_s, base_wall_s = (before.cpu_s + after.cpu_s) / 2, (before.wall_s + after.wall_s) / 2
    name, beside = f"plan trim and crop, {minutes:g} min of 720p25", "ffmpeg -i X -f null -"
    return [
        Figure(f"{name}: processor s", plan.cpu_s / base_s, f"{beside}, same core: {base_s:.1f} s", most=2),
        Figure(
            "  video on one core", 24 * 60 * minutes / plan.cpu_s, f"{plan.cpu_s:.1f} s of one core", unit="hours a day"
        ),
        Figure("  wall time", plan.wall_s / base_wall_s, f"{beside}, same core: {base_wall_s:.1f} s"),
        Figure("  processor s", plan.cpu_s / free_cost.cpu_s, f"{beside}, {len(free)} cores: {free_cost.cpu_s:.1f} s"),
        Figure("look at it without detectors: processor s", look.cpu_s / base_s, f"{beside}, same core", most=1.3),
        Figure("both detectors on each frame", each_s / plan.cpu_s, f"planning: {plan.cpu_s:.1f} s; on a minute"),
        Figure("memory of planning", peaks_mb[1], f"{peaks_mb[0]:.0f} MB for a minute", unit="MB", most=1000),
        Figure(f"  {_LONGER:g} times as long", peaks_mb[2] / peaks_mb[1], f"{minutes:g} min", most=1.1),
    ]


def _looped(source: Path, target: Path, minutes: float) -> Path:
    """Repeat `source`, without encoding anew, to `minutes`."""
    ffmpeg("-stream_loop", "-1", "-i", str(source), "-t", f"{60 * minutes:g}", "-c", "copy", str(target))
    return target


def _decoding(video: Path, cores: Collection[int]) -> Cost:
    return _cost([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(video), "-f", "null", "-"], cores)


def _planning(video: Path, cores: Collection[int]) -> Cost:
    """Plan in a fresh process, start and loading of models included, with nothing looked at before."""
    return _looking(video, cores, "Maria Silva")


def _looking(video: Path, cores: Collection[int], *subject: str) -> Cost:
    with tempfile.TemporaryDirectory() as cache:
        return _cost([sys.executable, "-m", "benchmarks.crop_plan", str(video), cache, *subject], cores)


def _cost(command: list[str], cores: Collection[int]) -> Cost:
    with _kept_to(cores):
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        wall_s, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(cpu_s, wall_s, done.stdout)


@contextmanager
def _kept_to(cores: Collection[int]) -> Iterator[None]:
    """Keep what is started inside to `cores`."""
    free = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, free)


def _both_detectors_s(path: Path) -> float:
    """Return the processor seconds that both detectors would take on all frames of `path`, from some of them."""
    find, read = face_finder(), CaptionReader()
    total_s, num_sampled, num_frames = 0.0, 0, 0
    for frame in decode(str(path)):
        num_frames += 1
        if frame.index % _EVERY == 0:
            start = time.process_time()
            find(frame.small(640))
            read(frame.rgb())
            total_s, num_sampled = total_s + time.process_time() - start, num_sampled + 1
    return total_s / num_sampled * num_frames


if __name__ == "__main__":
    sys.exit(main())
