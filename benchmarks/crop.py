"""Print what trim and crop promise to find beside what they found; `make bench-crop` runs it."""

import sys
from statistics import median

from benchmarks.crop_judge import Verdict, judge, judge_film
from benchmarks.crop_odd import odd_files
from benchmarks.crop_time import work_parser
from benchmarks.figures import Figure, show, table
from tests.compose.catalogue import catalogue


def main() -> int:
    """Judge and compare; print and store the tables, and return 1 where a promise is broken."""
    parser = work_parser(__doc__)
    parser.add_argument("--only", default="", help="judge the interviews with this in their name, and no more")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    verdicts = [judge(i, options.footage, options.work) for i in catalogue() if options.only in i.name]
    if options.only:
        return int(not all(verdict.is_right for verdict in verdicts))
    verdicts += judge_film(options.footage, options.work)
    figures = [*_judgement(verdicts), *odd_files(options.footage, options.work)]
    head = ("interview", "outcome", "face in the crop, frames", "median IoU", "trim is off by", "right")
    more = table(head, [verdict.row() for verdict in verdicts])
    return show(figures, command="python -m benchmarks.crop", name="crop", more=more)


def _judgement(verdicts: list[Verdict]) -> list[Figure]:
    kept = [v for v in verdicts if not v.expected and not v.dropped]
    traps = [v for v in verdicts if v.expected]
    found = 100 * sum(v.found for v in kept) / max(1, sum(v.shown for v in kept))
    trims_s = [v.trim_error_s for v in kept if v.trim_error_s is not None]
    beside = f"{sum(v.covered for v in kept)} frames of {len(kept)} videos"
    return [
        Figure("wrong person in the crop", sum(v.wrong for v in verdicts), beside, unit="frames", most=0),
        Figure("participant's face found and inside", found, "frames that show it", unit="%", least=98),
        Figure("face boxes, median IoU", median(v.iou for v in kept), "detection on each frame", unit="", least=0.85),
        Figure("videos dropped that can be told", len(verdicts) - len(traps) - len(kept), "", unit="videos", most=0),
        Figure("traps dropped for a right reason", sum(v.is_right for v in traps), f"{len(traps)} traps", unit="videos",
               least=len(traps)),
        Figure("trim --auto is off by at most", max(trims_s), f"{len(trims_s)} videos", unit="s", most=1),
    ]  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
