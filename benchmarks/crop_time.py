"""Time the planning of a crop against plain decoding, and against both detectors on each frame."""

import resource
import subprocess
import time
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np

from tests.compose.catalogue import pair, speaker
from tests.compose.interview import Interview, Scene
from tests.compose.store import composed
from vqaprep.detect.faces import face_finder
from vqaprep.detect.text import CaptionReader
from vqaprep.detect.watch import WatchSettings, look_at
from vqaprep.media.decode import decode
from vqaprep.media.probe import probe
from vqaprep.stages.crop import Crop


def time_look(footage: Path, work: Path, minutes: float) -> dict[str, float]:
    """Return seconds, ratios and memory of planning a crop of a long 720p interview, against ffmpeg on one thread."""
    people, names = ("fi", "jwp"), ("Maria Silva", "Interviewer")
    scenes = Scene(20, pair(people, names)), Scene(10, speaker(people[::-1], names[::-1]))
    video, _ = composed(Interview("timed", scenes, "fi", (), preset="medium"), footage, work)
    minute, long = (_looped(Path(video.uri), work / f"timed-{m:g}.mp4", m) for m in (1.0, minutes))
    base_s = _seconds(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-threads", "1", "-i", str(long), "-f", "null", "-"]
    )
    plan_s, plan_mb = _in_child(_plan, long, work / "fresh")
    _, minute_mb = _in_child(_plan, minute, work / "fresh")
    every_s = _every_frame_s(minute)
    return {
        "ffmpeg -f null, processor s": base_s,
        "planning the crop, processor s": plan_s,
        "planning / ffmpeg (promise: 2)": plan_s / base_s,
        "both detectors on each frame / planning": every_s * minutes / plan_s,
        "memory of planning, MB (promise: 1500)": plan_mb,
        "memory for one minute, MB": minute_mb,
    }


def _looped(source: Path, target: Path, minutes: float) -> Path:
    """Repeat `source`, without encoding anew, to `minutes`."""
    loop = ["-stream_loop", "-1", "-i", str(source), "-t", f"{60 * minutes:g}", "-c", "copy", str(target)]
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *loop], check=True)
    return target


def _plan(path: Path, cache: Path) -> None:
    video = probe(str(path))
    (cache / video.sha256[:2]).mkdir(parents=True, exist_ok=True)
    for old in (cache / video.sha256[:2]).iterdir():
        old.unlink()
    seen = look_at(video, watch=WatchSettings(), cache=cache)
    list(Crop(subject="Maria Silva")(video, seen, np.random.default_rng(0)))


def _in_child(work: Any, *arguments: Any) -> tuple[float, float]:
    """Return (processor seconds, peak MB) of `work` in a fresh process, loading of models included."""
    context = get_context("spawn")
    queue: Any = context.SimpleQueue()
    child = context.Process(target=_measured, args=(queue, work, arguments))
    child.start()
    result: tuple[float, float] = queue.get()
    child.join()
    return result


def _measured(queue: Any, work: Any, arguments: tuple[Any, ...]) -> None:
    work(*arguments)
    lines = Path("/proc/self/status").read_text().splitlines()  # getrusage also counts the parent's peak
    peak_kb = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    queue.put((time.process_time(), peak_kb / 1024))


def _every_frame_s(path: Path) -> float:
    """Return the seconds that both detectors would take on each frame of `path`, from every 50th."""
    find, read = face_finder(), CaptionReader()
    total_s, num_sampled, num_frames = 0.0, 0, 0
    for frame in decode(str(path)):
        num_frames += 1
        if frame.index % 50 == 0:
            start = time.process_time()
            find(frame.small(640))
            read(frame.rgb())
            total_s, num_sampled = total_s + time.process_time() - start, num_sampled + 1
    return total_s / num_sampled * num_frames


def _seconds(command: list[str]) -> float:
    """Return the processor seconds of a command: neighbours on the machine do not count."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
