"""Judge the crop of one composed call against its truth, also with other margins of decision."""

from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import numpy as np

from benchmarks.calls.film import Truth, composed
from benchmarks.calls.films import Call
from benchmarks.figures import cpu_s, ffmpeg
from vqaprep.detect import seating
from vqaprep.detect.observations import Observations
from vqaprep.detect.watch import look_at
from vqaprep.media.render_crop import box_at
from vqaprep.rows import Box, Dropped, Video
from vqaprep.stages.crop import Crop

MARGINS = (0.0, 0.1, 0.25, 0.35, 0.5, 0.75, 1.0, 1.5, 2.0)


@dataclass
class Outcome:
    """Frames of one film that show the participant's face, another tile, or the right tile beside the face."""

    dropped: str = ""
    found: int = 0
    wrong: int = 0
    beside: int = 0

    @property
    def is_kept(self) -> bool:
        """Whether somebody was cropped."""
        return not self.dropped


@dataclass
class Verdict(Outcome):
    """What came of one call; `at` holds what would have come of other margins, and times are processor seconds."""

    call: Call = field(kw_only=True)
    shown: int = 0
    look_s: float = 0.0
    decode_s: float = 0.0
    at: dict[float, Outcome] = field(default_factory=dict)

    def row(self) -> list[str]:
        """Return the cells of its row."""
        size = "x".join(map(str, self.call.size_px))
        reason = self.dropped.split(":")[0] or "kept"
        return [self.call.name, size, f"{self.found} of {self.shown}", str(self.wrong), reason]

    def line(self) -> str:
        """Return the verdict in one line."""
        is_right = bool(self.dropped) == self.call.is_trap and not self.wrong
        name, size, found, wrong, _ = self.row()
        return f"{'ok ' if is_right else 'BAD'} {name:28} {size:9} {found:10} wrong {wrong} {self.dropped}"


def judge(call: Call, footage: Path, work: Path, kbit_s: int | None) -> Verdict:
    """Compose `call` (once), crop it and compare each frame with the truth."""
    video, truths = composed(call, footage, work, kbit_s=kbit_s)
    crop = Crop(subject=call.asked, min_face_px=16)
    found: list[Observations] = []
    cached = any((work / "cache").rglob(f"{video.sha256}*"))
    look_s = cpu_s(lambda: found.append(look_at(video, watch=crop.watch(), cache=work / "cache")))
    decode_s = 0.0 if cached else cpu_s(lambda: ffmpeg("-threads", "1", "-i", video.uri, "-f", "null", "-"))
    verdict = Verdict(call=call, shown=sum(truth.face is not None for truth in truths))
    verdict.look_s, verdict.decode_s = (0.0, 0.0) if cached else (look_s, decode_s)
    for margin in MARGINS:
        with patch.object(seating, "MARGIN", margin):
            verdict.at[margin] = _outcome(crop, video, found[0], truths)
    used = verdict.at.get(seating.MARGIN) or _outcome(crop, video, found[0], truths)
    verdict.dropped, verdict.found, verdict.wrong, verdict.beside = used.dropped, used.found, used.wrong, used.beside
    return verdict


def _outcome(crop: Crop, video: Video, seen: Observations, truths: list[Truth]) -> Outcome:
    [row] = crop(video, seen, np.random.default_rng(0))
    outcome = Outcome()
    if isinstance(row, Dropped):
        outcome.dropped = f"{row.reason}: {row.detail}"
        return outcome
    assert row.crop_track is not None
    for truth in truths:
        if any(truth.t_s in span for span in row.spans):
            _count(outcome, truth, box_at(row.crop_track, truth.t_s))
    return outcome


def _count(outcome: Outcome, truth: Truth, crop: Box) -> None:
    if truth.tile is None or not _holds(truth.tile, crop.center_px):
        outcome.wrong += 1
    elif truth.face is not None and _holds(truth.face, crop.center_px):
        outcome.found += 1
    else:
        outcome.beside += 1


def _holds(box: tuple[float, float, float, float], point: tuple[float, float]) -> bool:
    return box[0] <= point[0] <= box[0] + box[2] and box[1] <= point[1] <= box[1] + box[3]
