"""Measure crop on composed calls: who is kept, how much of the participant's time, and every wrong person."""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.calls.film import Truth, composed
from benchmarks.calls.films import Call, calls
from vqaprep.detect.watch import look_at
from vqaprep.media.render_crop import box_at
from vqaprep.rows import Box, Dropped
from vqaprep.stages.crop import Crop


@dataclass
class Verdict:
    """What came of one call, in frames."""

    call: Call
    dropped: str = ""
    shown: int = 0
    found: int = 0
    wrong: int = 0

    def line(self) -> str:
        """Return the verdict in one line."""
        is_right = bool(self.dropped) == self.call.is_trap and not self.wrong
        size = "x".join(map(str, self.call.size_px))
        found = f"{self.found} of {self.shown}"
        return (
            f"{'ok ' if is_right else 'BAD'} {self.call.name:28} {size:9} {found:10} wrong {self.wrong} {self.dropped}"
        )


def main() -> int:
    """Judge the films; print each verdict and the sums, and return 1 where a wrong person was shown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("footage", type=Path, help="folder of faces/ and photos/, as `vqaprep samples` fetches it")
    parser.add_argument("--work", type=Path, default=Path("runs/bench-calls"), help="keeps what was composed and seen")
    parser.add_argument("--series", default="exam", help="exam measures, dev is for work on the rules")
    parser.add_argument("--copies", type=int, default=3, help="films of each usable kind")
    parser.add_argument("--kbit-s", type=int, help="compress a second time at this rate")
    parser.add_argument("--only", default="", help="judge the films with this in their name, and no more")
    options = parser.parse_args()
    work = options.work / options.series
    work.mkdir(parents=True, exist_ok=True)
    verdicts = []
    for call in calls(options.series, copies=options.copies):
        if options.only in call.name:
            verdicts.append(judge(call, options.footage, work, options.kbit_s))
            print(verdicts[-1].line(), flush=True)
    usable, traps = ([v for v in verdicts if v.call.is_trap is is_trap] for is_trap in (False, True))
    kept = [v for v in usable if not v.dropped]
    chosen = sum(v.found + v.wrong for v in verdicts)
    print(f"kept {len(kept)} of {len(usable)}; time {sum(v.found for v in kept)} of {sum(v.shown for v in usable)}; "
          f"wrong frames {sum(v.wrong for v in verdicts)} of {chosen} in {sum(v.wrong > 0 for v in verdicts)} films; "
          f"traps dropped {sum(bool(v.dropped) for v in traps)} of {len(traps)}")  # fmt: skip
    return int(any(v.wrong for v in verdicts))


def judge(call: Call, footage: Path, work: Path, kbit_s: int | None) -> Verdict:
    """Compose `call` (once), crop it and compare each frame with the truth."""
    video, truths = composed(call, footage, work, kbit_s=kbit_s)
    crop = Crop(subject=call.asked, min_face_px=16)
    seen = look_at(video, watch=crop.watch(), cache=work / "cache")
    [row] = crop(video, seen, np.random.default_rng(0))
    verdict = Verdict(call, shown=sum(truth.face is not None for truth in truths))
    if isinstance(row, Dropped):
        verdict.dropped = f"{row.reason}: {row.detail}"
        return verdict
    assert row.crop_track is not None
    for truth in truths:
        if any(truth.t_s in span for span in row.spans):
            _count(verdict, truth, box_at(row.crop_track, truth.t_s))
    return verdict


def _count(verdict: Verdict, truth: Truth, crop: Box) -> None:
    if truth.tile is None or not _holds(truth.tile, crop.center_px):
        verdict.wrong += 1
    elif truth.face is not None:
        verdict.found += _holds(truth.face, crop.center_px)


def _holds(box: tuple[float, float, float, float], point: tuple[float, float]) -> bool:
    return box[0] <= point[0] <= box[0] + box[2] and box[1] <= point[1] <= box[1] + box[3]


if __name__ == "__main__":
    sys.exit(main())
