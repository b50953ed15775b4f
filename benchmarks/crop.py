"""Judge trim and crop on composed interviews with known truth, and time the look; `make bench-crop` runs it."""

import argparse
import json
import pickle
import resource
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

import imageio_ffmpeg
import numpy as np

from tests.compose.catalogue import catalogue, pair, speaker
from tests.compose.interview import Interview, Scene, Truth
from tests.compose.write import write
from vqaprep.detect.faces import face_finder
from vqaprep.detect.subject import Chosen
from vqaprep.detect.text import CaptionReader
from vqaprep.detect.tracks import Track
from vqaprep.detect.watch import WatchSettings, look_at
from vqaprep.media.decode import decode
from vqaprep.media.probe import probe
from vqaprep.media.render_crop import box_at
from vqaprep.rows import Box, Dropped, Video
from vqaprep.stages.crop import Crop


@dataclass
class Verdict:
    """What came of one interview: frames counted against the truth, or the drop."""

    name: str
    expected: list[str]
    dropped: str = ""
    shown: int = 0
    covered: int = 0
    found: int = 0
    wrong: int = 0
    iou: float = 0.0

    @property
    def is_right(self) -> bool:
        """Dropped for a right reason, or kept with nobody else in the crop."""
        return self.dropped in self.expected if self.expected else not self.dropped and not self.wrong


def main() -> int:
    """Print the tables, write `crop.json`, and return 1 where a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("footage", type=Path, help="folder of faces/*.mp4, as `vqaprep samples` fetches it")
    parser.add_argument("--work", type=Path, default=Path("runs/bench-crop"))
    parser.add_argument("--only", default="", help="part of the names to judge")
    parser.add_argument("--minutes", type=float, default=10.0, help="length of the timed interview; 0 skips timing")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    verdicts = [judge(i, options.footage, options.work) for i in catalogue() if options.only in i.name]
    promises = _report(verdicts)
    timing = time_look(options.footage, options.work, options.minutes) if options.minutes else {}
    for name, value in timing.items():
        print(f"{name:48} {value:10.2f}")
    text = json.dumps({"promises": promises, "timing": timing, "interviews": [asdict(v) for v in verdicts]}, indent=1)
    (options.work / "crop.json").write_text(text)
    return 0 if all(promises.values()) else 1


def judge(interview: Interview, footage: Path, work: Path) -> Verdict:
    """Compose `interview` (once), crop it, and compare with its truth; print a line."""
    video, truths = _composed(interview, footage, work)
    verdict = Verdict(interview.name, sorted(interview.expected))
    seen = look_at(video, watch=WatchSettings(), cache=work / "cache")
    crop = Crop.model_validate(dict(interview.crop))
    [row] = crop(video, seen, np.random.default_rng(0))
    if isinstance(row, Dropped):
        verdict.dropped = row.reason
    else:
        assert isinstance(row, Video)
        chosen = crop.choose(video, seen)
        assert isinstance(chosen, Chosen)
        _count(verdict, row, chosen.tracks, truths, interview.participant)
    mark = "ok " if verdict.is_right else "BAD"
    print(
        mark,
        f"{verdict.name:28}",
        verdict.dropped or f"{verdict.found}/{verdict.shown} IoU {verdict.iou:.3f}",
        flush=True,
    )
    return verdict


def time_look(footage: Path, work: Path, minutes: float) -> dict[str, float]:
    """Return seconds, ratios and memory of planning a crop of a long 720p interview, against ffmpeg on one thread."""
    people, names = ("fi", "jwp"), ("Maria Silva", "Interviewer")
    scenes = Scene(20, pair(people, names)), Scene(10, speaker(people[::-1], names[::-1]))
    video, _ = _composed(Interview("timed", scenes, "fi", ()), footage, work)
    minute, long = (_looped(Path(video.uri), work / f"timed-{m:g}.mp4", m) for m in (1.0, minutes))
    base_s = _seconds(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-threads", "1", "-i", str(long), "-f", "null", "-"]
    )
    plan_s, plan_mb = _in_child(_plan, long, work / "fresh")
    _, minute_mb = _in_child(_plan, minute, work / "fresh")
    every_s = _every_frame_s(minute)
    return {
        "ffmpeg -f null, s": base_s,
        "planning the crop, s": plan_s,
        "planning / ffmpeg (promise: 2)": plan_s / base_s,
        "both detectors on each frame / planning": every_s * minutes / plan_s,
        "memory of planning, MB (promise: 1500)": plan_mb,
        "memory for one minute, MB": minute_mb,
    }


def _count(verdict: Verdict, row: Video, tracks: Iterable[Track], truths: Iterable[Truth], participant: str) -> None:
    assert row.crop_track is not None
    ious = []
    for truth in truths:
        tile, face = truth.tiles.get(participant), truth.faces.get(participant)
        verdict.shown += face is not None
        if not any(truth.t_s in span for span in row.spans):
            continue
        crop = box_at(row.crop_track, truth.t_s)
        if tile is None or not _holds(tile, crop.center_px):
            verdict.wrong += 1
        elif face is not None:
            verdict.covered += 1
            visible = _overlap(face, tile)
            verdict.found += _holds(face, crop.center_px) and _overlap(visible, crop).area_px >= 0.99 * visible.area_px
            ious += [face.iou(box) for track in tracks if (box := _face_at(track, truth.t_s)) is not None]
    verdict.iou = median(ious) if ious else 0.0


def _holds(box: Box, point: tuple[float, float]) -> bool:
    return box.x_px <= point[0] <= box.x_px + box.w_px and box.y_px <= point[1] <= box.y_px + box.h_px


def _overlap(first: Box, second: Box) -> Box:
    left, top = max(first.x_px, second.x_px), max(first.y_px, second.y_px)
    right = min(first.x_px + first.w_px, second.x_px + second.w_px)
    return Box(left, top, right - left, min(first.y_px + first.h_px, second.y_px + second.h_px) - top)


def _face_at(track: Track, t_s: float) -> Box | None:
    """Return the face of `track` at `t_s`, in a straight line from one sighting to the next."""
    if not track.start_s <= t_s <= track.end_s:
        return None
    times_s = [face.t_s for face in track.faces]
    sides = [[getattr(face.box, name) for face in track.faces] for name in ("x_px", "y_px", "w_px", "h_px")]
    return Box(*(float(np.interp(t_s, times_s, values)) for values in sides))


def _report(verdicts: list[Verdict]) -> dict[str, bool]:
    kept = [v for v in verdicts if not v.expected and not v.dropped]
    traps = [v for v in verdicts if v.expected]
    share = sum(v.found for v in kept) / max(1, sum(v.shown for v in kept))
    iou = median([v.iou for v in kept] or [0.0])
    wrong = sum(v.wrong for v in verdicts)
    lost = [v.name for v in verdicts if not v.expected and v.dropped]
    print(f"interviews {len(verdicts)}; kept {len(kept)}; wrongly dropped {len(lost)} {lost}")
    print(f"wrong person: {wrong} frames; found: {share:.2%}; median IoU {iou:.3f}")
    print(f"traps dropped for a right reason: {sum(v.is_right for v in traps)} of {len(traps)}")
    return {
        "no wrong person": wrong == 0,
        "found in 98 % of frames": share >= 0.98,
        "median IoU 0.85": iou >= 0.85,
        "traps dropped": all(v.is_right for v in traps),
    }


def _composed(interview: Interview, footage: Path, work: Path) -> tuple[Video, list[Truth]]:
    target, truth = work / f"{interview.name}.mp4", work / f"{interview.name}.truth"
    if not truth.exists():
        truth.write_bytes(pickle.dumps((interview, write(interview, target, footage / "faces"))))
    made, truths = pickle.loads(truth.read_bytes())  # written a line above, by this program
    if made != interview:
        truth.unlink()
        return _composed(interview, footage, work)
    return probe(str(target)), truths


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
    """Return (seconds, peak MB) of `work` in a fresh process, loading of models included."""
    context = get_context("spawn")
    queue: Any = context.SimpleQueue()
    child = context.Process(target=_measured, args=(queue, work, arguments))
    child.start()
    result: tuple[float, float] = queue.get()
    child.join()
    return result


def _measured(queue: Any, work: Any, arguments: tuple[Any, ...]) -> None:
    start = time.perf_counter()
    work(*arguments)
    queue.put((time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


def _every_frame_s(path: Path) -> float:
    """Return the seconds that both detectors would take on each frame of `path`, from every 50th."""
    find, read = face_finder(), CaptionReader()
    total_s, num_sampled, num_frames = 0.0, 0, 0
    for frame in decode(str(path)):
        num_frames += 1
        if frame.index % 50 == 0:
            start = time.perf_counter()
            find(frame.small(640))
            read(frame.rgb())
            total_s, num_sampled = total_s + time.perf_counter() - start, num_sampled + 1
    return total_s / num_sampled * num_frames


def _seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
