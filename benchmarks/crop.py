"""Judge trim and crop on composed interviews with known truth, and time the look; `make bench-crop` runs it."""

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.crop_time import time_look
from tests.compose.catalogue import catalogue
from tests.compose.interview import Interview, Truth
from tests.compose.store import composed
from vqaprep.detect.faces import face_finder
from vqaprep.detect.subject import Chosen
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
    if options.only in "film":
        verdicts += judge_film(options.footage, options.work)
    promises = _report(verdicts)
    timing = time_look(options.footage, options.work, options.minutes) if options.minutes else {}
    for name, value in timing.items():
        print(f"{name:48} {value:10.2f}")
    if timing:
        promises["planning within 2 x ffmpeg"] = timing["planning / ffmpeg (promise: 2)"] <= 2
        promises["memory within 1500 MB"] = timing["memory of planning, MB (promise: 1500)"] <= 1500
    text = json.dumps({"promises": promises, "timing": timing, "interviews": [asdict(v) for v in verdicts]}, indent=1)
    (options.work / "crop.json").write_text(text)
    broken = [promise for promise, is_kept in promises.items() if not is_kept]
    print("all promises kept" if not broken else f"not kept: {', '.join(broken)}")
    return 1 if broken else 0


def judge(interview: Interview, footage: Path, work: Path) -> Verdict:
    """Compose `interview` (once), crop it, and compare with its truth; print a line."""
    video, truths = composed(interview, footage, work)
    verdict = Verdict(interview.name, sorted(interview.expected))
    crop = Crop.model_validate(dict(interview.crop))
    return _judged(verdict, video, crop, truths, participant=interview.participant, work=work)


def judge_film(footage: Path, work: Path) -> list[Verdict]:
    """Judge the real film: of the four names under its three people, only the leftmost one's is beyond doubt."""
    video = probe(str(footage / "faces" / "multispeaker.mp4"))
    find = face_finder()
    truths = []
    for frame in decode(video.uri):
        rgb = frame.small(640)
        boxes = [_scaled(d.box, video.width_px / rgb.shape[1]) for d in find(rgb) if d.score > 0.8]
        face = min(boxes, key=lambda box: box.x_px, default=None)
        is_left = face is not None and face.x_px < video.width_px / 3
        third = Box(0, 0, video.width_px / 3, video.height_px)
        truths.append(Truth(frame.t_s, {"left": third}, {"left": face if is_left else None}))
    known = _judged(
        Verdict("film-leftmost", []), video, Crop(subject="Marissa Clark"), truths, participant="left", work=work
    )
    unknown = ("Eshin Jolly", "Jin Cheong", "Alex da Silva")
    traps = [
        _judged(
            Verdict(f"film-unknown-{i}", ["subject_ambiguous"]),
            video,
            Crop(subject=name),
            truths,
            participant="left",
            work=work,
        )
        for i, name in enumerate(unknown)
    ]
    return [known, *traps]


def _judged(
    verdict: Verdict, video: Video, crop: Crop, truths: list[Truth], *, participant: str, work: Path
) -> Verdict:
    seen = look_at(video, watch=WatchSettings(), cache=work / "cache")
    [row] = crop(video, seen, np.random.default_rng(0))
    if isinstance(row, Dropped):
        verdict.dropped = row.reason
    else:
        assert isinstance(row, Video)
        chosen = crop.choose(video, seen)
        assert isinstance(chosen, Chosen)
        _count(verdict, row, chosen.tracks, truths, participant)
    mark = "ok " if verdict.is_right else "BAD"
    print(
        mark,
        f"{verdict.name:28}",
        verdict.dropped or f"{verdict.found}/{verdict.shown} IoU {verdict.iou:.3f}",
        flush=True,
    )
    return verdict


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


def _scaled(box: Box, scale: float) -> Box:
    return Box(box.x_px * scale, box.y_px * scale, box.w_px * scale, box.h_px * scale)


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


if __name__ == "__main__":
    sys.exit(main())
