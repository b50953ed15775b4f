"""What scores of damaged clips show of a scorer: discriminability, order on ladders, agreement on sure pairs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vqaprep import distortions
from vqaprep.evaluation.content_draws import interval_of, share_draws
from vqaprep.evaluation.table import TableRow
from vqaprep.evaluation.unlabelled.clips import REFERENCES, TEMPORAL

Rows = Sequence[Mapping[str, Any]]
"""What `rows_of` gives, of several videos."""
_MARGINS = {"vmaf_v1": 5.0, "psnr": 1.0, "ssim": 0.01}
"""How far apart two clips must be on every measure for their order to be sure."""


@dataclass(frozen=True)
class Comparison:
    """One pair of clips whose order is known: row numbers, and the kind it is counted under."""

    better: int
    worse: int
    kind: str
    video: str


def pristine_pairs(rows: Rows) -> list[Comparison]:
    """Return each clip beside each of its damaged versions: discriminability is the share in which the clip wins."""
    clean = {row["video"]: i for i, row in enumerate(rows) if row["kind"] == "none"}
    return [
        Comparison(clean[row["video"]], i, row["kind"], row["video"])
        for i, row in enumerate(rows)
        if row["kind"] != "none" and row["video"] in clean
    ]


def ladder_steps(rows: Rows) -> list[Comparison]:
    """Return each two neighbouring levels of a kind on one clip, the milder one as the better."""
    place = {(row["video"], row["kind"], row["level"]): i for i, row in enumerate(rows) if row["kind"] != "none"}
    found = []
    for video, kind in dict.fromkeys((video, kind) for video, kind, _ in place):
        for ladder in distortions.get(kind).ladders:
            for mild, strong in pairwise(ladder):
                better, worse = place.get((video, kind, mild)), place.get((video, kind, strong))
                if better is not None and worse is not None:
                    found.append(Comparison(better, worse, kind, video))
    return found


def sure_pairs(rows: Rows) -> list[Comparison]:
    """Return the pairs of versions of one clip, of two kinds, that VMAF v1, PSNR and SSIM order alike by a margin."""
    found = []
    damaged = [i for i, row in enumerate(rows) if row["kind"] != "none"]
    for i, j in combinations(damaged, 2):
        one, other = rows[i], rows[j]
        if one["video"] != other["video"] or one["kind"] == other["kind"]:
            continue
        apart = {name: one[name] - other[name] for name in REFERENCES}
        if all(apart[name] >= _MARGINS[name] for name in REFERENCES):
            found.append(Comparison(i, j, "two kinds", one["video"]))
        elif all(apart[name] <= -_MARGINS[name] for name in REFERENCES):
            found.append(Comparison(j, i, "two kinds", one["video"]))
    return found


def outcome(rows: Rows, scorer: str, pairs: Sequence[Comparison]) -> NDArray[np.float64]:
    """Return 1 for a pair in the right order, 0 for a wrong one, 0.5 for a tie or a score that is not defined."""
    scores = _scores(rows, scorer)
    apart = np.array([scores[pair.better] - scores[pair.worse] for pair in pairs])
    return np.where(np.isfinite(apart), 0.5 + 0.5 * np.sign(np.nan_to_num(apart)), 0.5)


def figures(rows: Rows, scorers: Sequence[str], *, seed: int) -> list[TableRow]:
    """Return a row for each test and scorer: the share of right orders with its 95 % interval over films."""
    steps = ladder_steps(rows)
    tests = {
        "pristine above damaged": pristine_pairs(rows),
        "ladders": [pair for pair in steps if pair.kind not in TEMPORAL],
        "temporal ladders": [pair for pair in steps if pair.kind in TEMPORAL],
        "sure pairs of two kinds": sure_pairs(rows),
    }
    kinds = sorted({pair.kind for pair in steps})
    tests |= {f"ladder of {kind}": [pair for pair in steps if pair.kind == kind] for kind in kinds}
    found: list[TableRow] = []
    for test, pairs in tests.items():
        groups = pd.DataFrame({"video_id": [pair.video for pair in pairs]})
        for scorer in scorers if pairs else ():
            right = outcome(rows, scorer, pairs)
            low, high = interval_of(share_draws(right, groups, seed))
            found.append({"test": test, "scorer": scorer, "pairs": len(pairs), "films": groups["video_id"].nunique(),
                         "right": float(right.mean()), "low_95": low, "high_95": high})  # fmt: skip
    return found


def worst(rows: Rows, scorer: str, *, num: int) -> list[Comparison]:
    """Return the wrong orders with the largest difference of scores, at most one for each clip and kind."""
    scores = _scores(rows, scorer)
    every = [*pristine_pairs(rows), *ladder_steps(rows), *sure_pairs(rows)]
    wrong = sorted(
        (pair for pair in every if scores[pair.better] < scores[pair.worse]),
        key=lambda pair: scores[pair.better] - scores[pair.worse],
    )
    kept: dict[tuple[str, str], Comparison] = {}
    for pair in wrong:
        kept.setdefault((pair.video, rows[pair.worse]["kind"]), pair)
    return list(kept.values())[:num]


def _scores(rows: Rows, scorer: str) -> NDArray[np.float64]:
    return np.array([row[f"score: {scorer}"] for row in rows], np.float64)
