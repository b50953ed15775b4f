"""The page of a measured pair: its numbers, how the two were aligned, curves over time, the worst moments."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from vqaprep.pairs.align import Pair
from vqaprep.pairs.moments import Moment
from vqaprep.report.blocks import Gallery, Picture, Section, SideBySide, Table, Text, Tiles
from vqaprep.report.charts import lines
from vqaprep.report.images import thumbnail
from vqaprep.report.page import write_page
from vqaprep.settings.quantities import seconds

_PICTURE_PX = 480
_EQUAL_DB = 100.0  # where a curve of PSNR shows equal pictures


def write_pair_page(
    target: Path, summary: dict[str, Any], pair: Pair, frames: pd.DataFrame, worst: Sequence[Moment]
) -> None:
    """Write the page; `summary` is `measures.json`, `worst` the moments with the lowest `summary["worst_by"]`."""
    sections = [
        _numbers(summary), _alignment(summary, pair), _curves(summary, frames), _moments(worst, summary["worst_by"]),
    ]  # fmt: skip
    facts = [(side, summary[side]["words"]) for side in ("distorted", "reference")]
    title = f"{Path(summary['distorted']['file']).name} beside its reference"
    write_page(target, title, sections, facts=facts, has_faces=True)


def _numbers(summary: dict[str, Any]) -> Section:
    columns = ("mean", "harmonic_mean", "worst", "worst_5_percent", "worst_frame")
    rows = [
        [r["measure"], *(_cell(r, c) for c in columns), f"{r['about']}; {r['source']}"] for r in summary["measures"]
    ]
    head = ("measure", "mean", "harmonic mean", "worst frame's", "5th percentile", "worst frame", "what it is")
    tiles = [(f"{r['mean']:.4g}" if r["mean"] is not None else "equal", r["measure"]) for r in summary["measures"]]
    lead = (
        f"{summary['num_pairs']:,} pairs of frames. PSNR is that of the mean squared error; cambi is better when low."
    )
    return Section("numbers", "Measures", lead, [Tiles(tiles), Table(head, rows)])


def _cell(row: dict[str, Any], column: str) -> Any:
    is_infinite = row[column] is None and row["unit"] == "dB" and column != "harmonic_mean"
    return "equal" if is_infinite else row[column]


def _alignment(summary: dict[str, Any], pair: Pair) -> Section:
    blocks: list[Any] = [Text(words) for words in summary["alignment"]["words"]]
    blocks += [Text(words, "warn") for words in summary["warnings"]]
    if len(pair.errors) > 1:
        points = sorted((float(offset), error) for offset, error in pair.errors.items())
        chart = lines(
            "difference of thumbnails by offset", {"": points}, first=points[0][0], right="{last:+.0f} frames"
        )
        blocks.append(chart)
    return Section("alignment", "Alignment", "Which frame of the reference each frame was compared with.", blocks)


def _curves(summary: dict[str, Any], frames: pd.DataFrame) -> Section:
    blocks = []
    for row in summary["measures"]:
        values = frames[row["measure"]].replace(float("inf"), _EQUAL_DB)
        points = list(zip(frames["t_s"].tolist(), values.tolist(), strict=True))
        name = f"{row['measure']}, {row['unit']}" if row["unit"] else row["measure"]
        blocks.append(lines(name, {"": points}, first=points[0][0], right="{last:.2f} s"))
    lead = "Values by time in the distorted film; long films are drawn as means of neighbouring frames."
    return Section("curves", "Over time", lead, [SideBySide(blocks)])


def _moments(worst: Sequence[Moment], worst_by: str) -> Section:
    sets = [
        Gallery(
            [_picture(moment, "distorted"), _picture(moment, "reference")],
            f"{seconds(moment.t_s)}, frame {moment.frame}: {worst_by} {moment.value:.4g}",
        )
        for moment in worst
    ]
    lead = f"The frames with the lowest {worst_by}, at least a second apart."
    return Section("moments", "Worst moments", lead, sets)


def _picture(moment: Moment, side: str) -> Picture:
    """Return a frame of one side, as wide as the other's."""
    width_px = min(_PICTURE_PX, moment.reference.shape[1])
    return thumbnail(getattr(moment, side), width_px=width_px, caption=side)
