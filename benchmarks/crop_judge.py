"""Judge trim and crop on composed interviews with known truth, and on a real film of three people."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

from tests.compose.interview import Interview, Truth
from tests.compose.store import composed
from vqaprep.detect.choice import Chosen
from vqaprep.detect.faces import face_finder
from vqaprep.detect.tracks import Track
from vqaprep.detect.watch import WatchSettings, look_at
from vqaprep.media.decode import decode
from vqaprep.media.probe import probe
from vqaprep.media.render_crop import box_at
from vqaprep.rows import Box, Dropped, Row, Video
from vqaprep.stages.crop import Crop
from vqaprep.stages.trim import Trim


@dataclass
class Verdict:
    """What came of one interview: frames counted against the truth, or the drop.

    `trim_error_s` is how far the automatic trim is from the frames that show the participant.
    """

    name: str
    expected: Sequence[str]
    dropped: str = ""
    shown: int = 0
    covered: int = 0
    found: int = 0
    wrong: int = 0
    iou: float = 0.0
    trim_error_s: float | None = None

    @property
    def is_right(self) -> bool:
        """Dropped for a right reason, or kept with nobody else in the crop."""
        return self.dropped in self.expected if self.expected else not self.dropped and not self.wrong

    def row(self) -> list[str]:
        """Return the cells of its row."""
        found = "" if self.dropped else f"{self.found} of {self.shown}"
        iou = "" if self.dropped else f"{self.iou:.3f}"
        trim = "" if self.trim_error_s is None else f"{self.trim_error_s:.2f} s"
        return [self.name, self.dropped or "kept", found, iou, trim, "yes" if self.is_right else "NO"]


@dataclass(frozen=True)
class Case:
    """A video, how it is asked about, and who is where in it."""

    video: Video
    trim: Trim
    crop: Crop
    participant: str
    truths: Sequence[Truth]


def judge(interview: Interview, footage: Path, work: Path) -> Verdict:
    """Compose `interview` (once), trim and crop it, and compare with its truth."""
    video, truths = composed(interview, footage, work)
    trim, crop = Trim.model_validate(dict(interview.trim)), Crop.model_validate(dict(interview.crop))
    verdict = Verdict(interview.name, sorted(interview.expected))
    return _judged(verdict, Case(video, trim, crop, interview.participant, truths), work)


def judge_film(footage: Path, work: Path) -> list[Verdict]:
    """Judge the real film: of the four names under its three people, only the leftmost one's is beyond doubt."""
    video = probe(str(footage / "faces" / "multispeaker.mp4"))
    truths = _leftmost(video)
    others = "Eshin Jolly", "Jin Cheong", "Alex da Silva"
    names = {"Marissa Clark": (), **dict.fromkeys(others, ("subject_ambiguous",))}
    return [
        _judged(Verdict(f"film, name {i}", expected), Case(video, Trim(), Crop(subject=name), "left", truths), work)
        for i, (name, expected) in enumerate(names.items())
    ]


def _leftmost(video: Video) -> list[Truth]:
    """Return where the face in the left third is in every frame, by the detector itself."""
    find, truths = face_finder(), []
    third = Box(0, 0, video.width_px / 3, video.height_px)
    for frame in decode(video.uri):
        rgb = frame.small(640)
        boxes = [_scaled(d.box, video.width_px / rgb.shape[1]) for d in find(rgb) if d.score > 0.8]
        face = min(boxes, key=lambda box: box.x_px, default=None)
        is_left = face is not None and face.x_px < third.w_px
        truths.append(Truth(frame.t_s, {"left": third}, {"left": face if is_left else None}))
    return truths


def _judged(verdict: Verdict, case: Case, work: Path) -> Verdict:
    seen, rng = look_at(case.video, watch=WatchSettings(), cache=work / "cache"), np.random.default_rng(0)
    [kept] = case.trim(case.video, seen, rng)
    [row] = [kept] if isinstance(kept, Dropped) else case.crop(kept, seen, rng)
    if isinstance(row, Dropped):
        verdict.dropped = row.reason
    else:
        chosen = case.crop.choose(row, seen)
        assert isinstance(chosen, Chosen)
        _count(verdict, row, chosen.tracks, case)
    print("ok " if verdict.is_right else "BAD", *verdict.row()[:5], flush=True)
    return verdict


def _count(verdict: Verdict, row: Row, tracks: Iterable[Track], case: Case) -> None:
    assert row.crop_track is not None
    ious = []
    for truth in case.truths:
        tile, face = truth.tiles.get(case.participant), truth.faces.get(case.participant)
        verdict.shown += face is not None and (case.trim.auto or truth.t_s in row.keep)
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
    if case.trim.auto:
        there_s = [truth.t_s for truth in case.truths if case.participant in truth.tiles]
        frame_s = 1 / row.rate_fps
        verdict.trim_error_s = max(abs(row.keep.start_s - there_s[0]), abs(row.keep.end_s - there_s[-1] - frame_s))


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
