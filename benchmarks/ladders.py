"""Whether measured severity falls from level to level: `python -m benchmarks.ladders FOOTAGE [--clips 12]`.

Every kind at every level damages the same clips of real films. VMAF v0.6.1 and VMAF v1 measure each damaged clip
beside its reference. A clip is monotone on a ladder if each level scores lower than the level before. Writes
`benchmarks/results/ladders.md`.
"""

import argparse
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vqaprep import measures
from vqaprep.distortions import Frames, SourceInfo, apply, get, names
from vqaprep.media.decode import decode
from vqaprep.settings.seeds import rng_for
from vqaprep.sources.folders import list_videos

MEASURES = ("vmaf", "vmaf_v1")
FRAMES, WIDTH_PX, RATE_FPS = 24, 480, 25.0
KEPT = 16
"""The last frames of each clip are measured; those before are the lead-in of temporal kinds."""
RESULT = Path(__file__).parent / "results" / "ladders.md"


def clips_of(folder: Path, num: int) -> list[tuple[str, Frames]]:
    """Return clips of 24 frames, 480 px wide, from the middle of films, in turn from all films that move."""
    found: list[tuple[str, Frames]] = []
    for uri in list_videos(folder).uris:
        if len(found) == num:
            break
        frames = [frame.rgb() for frame, _ in zip(decode(uri), range(4 * FRAMES), strict=False)][-FRAMES:]
        if len(frames) < FRAMES or np.abs(np.diff(np.stack(frames).astype(np.int16), axis=0)).mean() < 0.5:
            continue
        height_px = round(WIDTH_PX * frames[0].shape[0] / frames[0].shape[1] / 2) * 2
        way = cv2.INTER_AREA if frames[0].shape[1] > WIDTH_PX else cv2.INTER_CUBIC
        found.append(
            (Path(uri).name, np.stack([cv2.resize(f, (WIDTH_PX, height_px), interpolation=way) for f in frames]))
        )
    return found


def measured(reference: Frames, distorted: Frames) -> dict[str, float]:
    """Return each measure of the frames that are kept."""
    kept = reference[-KEPT:], distorted[-KEPT:]
    return {name: measures.get(name).apply(*kept, RATE_FPS) for name in MEASURES}


def ladder(kind: str, clips: list[tuple[str, Frames]]) -> list[dict[str, Any]]:
    """Return a row per ladder of `kind`: median score at each level and share of monotone clips, by model."""
    known = get(kind)
    scores = [
        {
            level: measured(clip, apply(clip, kind, level, rng_for(0, kind, name), SourceInfo(RATE_FPS, 0.2)))
            for level in range(1, 1 + len(known.strengths))
        }
        for name, clip in clips
    ]
    rows = []
    for order in known.ladders:
        row: dict[str, Any] = {"kind": kind, "levels": " ".join(map(str, order))}
        for model in MEASURES:
            series = [[of_clip[level][model] for level in order] for of_clip in scores]
            row[f"{model} medians"] = " ".join(f"{value:.0f}" for value in np.median(series, axis=0))
            row[model] = float(np.mean([all(a > b for a, b in pairwise(one)) for one in series]))
            row[f"{model} pairs"] = float(np.mean([a > b for one in series for a, b in pairwise(one)]))
        rows.append(row)
    return rows


def table(rows: list[dict[str, Any]], num: int) -> str:
    """Return the page."""
    head = [
        "# Ladders of severity", "",
        f"`python -m benchmarks.ladders FOOTAGE --clips {num}`: {num} clips of {KEPT} frames, {WIDTH_PX} px wide,",
        "of the demo films. `monotone` is the share of clips on which each level scores lower than the level before;",
        "`steps` is the share of single steps that fall. Medians are over clips, in the order of the levels.", "",
        "| kind | levels | v1 medians | v1 monotone | v1 steps | v0.6.1 medians | v0.6.1 monotone | v0.6.1 steps |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]  # fmt: skip
    old, new = MEASURES
    for row in rows:
        cells = [f"`{row['kind']}`", row["levels"]]
        for model in (new, old):
            cells += [row[f"{model} medians"], f"{row[model]:.0%}", f"{row[f'{model} pairs']:.1%}"]
        head.append(f"| {' | '.join(cells)} |")
    return "\n".join(head) + "\n"


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("footage", type=Path)
    parser.add_argument("--clips", type=int, default=12)
    parser.add_argument("--kinds", nargs="*", default=None)
    given = parser.parse_args()
    clips = clips_of(given.footage, given.clips)
    rows = []
    for kind in given.kinds or names():
        rows += ladder(kind, clips)
        print(*rows[-1].values(), sep=" | ", file=sys.stderr, flush=True)
    text = table(rows, len(clips))
    print(text)
    if given.kinds is None:
        RESULT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
