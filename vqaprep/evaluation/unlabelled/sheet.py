"""A contact sheet of the pairs that a scorer orders wrongly with the largest difference."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from vqaprep.evaluation.unlabelled.clips import version
from vqaprep.evaluation.unlabelled.figures import Comparison, Rows
from vqaprep.storage.durable import durable


def write_sheet(
    rows: Rows, scorer: str, pairs: Sequence[Comparison], target: Path, *, short_side_px: int, seed: int
) -> None:
    """Draw a row for each pair: the better clip and the worse one, in their middle frames at native pixels."""
    figure = Figure(figsize=(9, 2.8 * max(len(pairs), 1)), layout="constrained")
    figure.suptitle(f"{scorer}: surest wrong orders; the left one is better")
    for axes, pair in zip(figure.subplots(max(len(pairs), 1), 2, squeeze=False), pairs, strict=False):
        for side, number in zip(axes, (pair.better, pair.worse), strict=True):
            row = rows[number]
            side.axis("off")
            frames = version(row["video"], row["kind"], row["level"], short_side_px=short_side_px, seed=seed)
            if frames is not None:
                side.imshow(np.asarray(frames[len(frames) // 2]))
            damage = "as it is" if row["kind"] == "none" else f"{row['kind']} level {row['level']}"
            side.set_title(f"{damage}: {row[f'score: {scorer}']:.3g}, VMAF v1 {row['vmaf_v1']:.0f}", fontsize=8)
    with durable(target) as temporary:
        figure.savefig(temporary, format="png", dpi=80, metadata={"Software": None})
