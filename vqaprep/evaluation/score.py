"""Score any video with a trained run: clip by clip, over time, and as a whole."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import torch

from vqaprep.errors import MediaError
from vqaprep.errors.crashes import contained
from vqaprep.errors.heartbeat import heartbeat
from vqaprep.evaluation.cut import cut
from vqaprep.evaluation.opinion_scale import OpinionScale
from vqaprep.evaluation.pictures import over_time
from vqaprep.evaluation.table import TableRow, write_table
from vqaprep.evaluation.trained import Trained, load_run
from vqaprep.media.convert import Frames
from vqaprep.rows import Dropped, Row, Video, parquet
from vqaprep.rows.plain_text import csv_cell, printable
from vqaprep.storage.durable import durable
from vqaprep.training.augment import to_float

SCORES, SUMMARY, PARTS, PLOTS = "scores.csv", "summary", "parts", "plots"


@dataclass(frozen=True)
class Scoring:
    """One item of work: a video, where it lies, the run that scores it, and the folder for what comes out."""

    run: Path
    video: Video
    address: str
    out: Path
    interval: int
    crops: int
    batch: int
    threads: int


def score_video(item: Scoring) -> list[Row | Dropped]:
    """Write the scores of a video's clips and their plot; return its row, or why it has none."""
    torch.set_num_threads(item.threads)
    try:
        with contained():
            _write_scores(item)
    except MediaError as error:
        return [Dropped(item.video.id, "score", error.reason, error.detail)]
    return [item.video]


def _write_scores(item: Scoring) -> None:
    video = item.video.having(uri=item.address)
    clip_rows = clip_scores(_loaded(item.run), video, interval=item.interval, crops=item.crops, batch=item.batch)
    if clip_rows.empty:
        raise MediaError("too_short", f"{item.video.num_frames} frames hold no whole clip")
    clip_rows["video"] = item.video.uri  # which may hide the address
    for name in (PARTS, PLOTS):
        (item.out / name).mkdir(parents=True, exist_ok=True, mode=0o700)
    with durable(_part_path(item.out, item.video.video_id)) as temporary:
        clip_rows.to_parquet(temporary, index=False, write_page_checksum=True)
    over_time(clip_rows, item.out / PLOTS / f"{item.video.video_id}.png")


def clip_scores(trained: Trained, video: Video, *, interval: int = 1, crops: int = 1, batch: int = 8) -> pd.DataFrame:
    """Return a row a clip: video, clip, start_s, end_s, `quality` and a probability a class such as `label=calm`.

    A clip is a stretch [start_s, end_s); columns are those that the system predicts, means over `crops` x `crops`
    squares of it.

    Raises:
        MediaError: the video cannot be decoded.
    """
    rows: list[TableRow] = []
    for clips in _batches(cut(video, trained, interval=interval, crops=crops), batch):
        pixels = torch.from_numpy(np.stack([clip for _, _, clip in clips])).to(trained.device)
        outputs = trained.predict({"clip": to_float(pixels.flatten(0, 1))}, num_crops=crops**2)
        heartbeat()
        for i, (start_s, end_s, _) in enumerate(clips):
            row = {"video": video.uri, "clip": len(rows), "start_s": round(start_s, 6), "end_s": round(end_s, 6)}
            rows.append(row | _columns_of(trained, outputs, i))
    return pd.DataFrame(rows)


def summarize(found: pd.DataFrame, scale: OpinionScale | None = None) -> TableRow:
    """Reduce the clips of one video: mean, deviation and worst clip of quality, and mean probabilities.

    With a scale, quality is also given in the unit of what the run learned from, with a 90 % interval.
    """
    row: TableRow = {"video": found["video"].iloc[0], "num_clips": len(found)}
    if "quality" in found:
        worst = found.iloc[int(found["quality"].argmin())]
        row |= {"quality": float(found["quality"].mean()), "quality_std": float(found["quality"].std(ddof=0))}
        row |= {"worst_clip": int(worst["clip"]), "worst_start_s": float(worst["start_s"])}
        row["worst_quality"] = float(worst["quality"])
        row |= {} if scale is None else scale.columns(row["quality"])
    return row | {name: float(found[name].mean()) for name in found.columns if "=" in name}


def gather(out: Path, videos: Sequence[Video], scale: OpinionScale | None = None) -> None:
    """Join the parts of all videos to `scores.csv` and write their summaries on `scale`, a video at a time.

    The clips of a video without a part are those of the `scores.csv` that is there: an earlier run had joined them.
    """
    summaries: list[TableRow] = []
    missing = [video.uri for video in videos if not _part_path(out, video.video_id).exists()]
    before = _read_scores(out / SCORES) if missing else pd.DataFrame({"video": []})
    with durable(out / SCORES) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        for video in videos:
            if video.uri in missing:
                found = before[before["video"] == csv_cell(video.uri)].assign(video=video.uri)
            else:
                found = parquet.read(_part_path(out, video.video_id)).to_pandas()
            shown = found.assign(video=found["video"].map(csv_cell))
            shown.to_csv(file, index=False, header=not summaries)
            summaries.append(summarize(found, scale))
    if summaries:
        write_table(summaries, out / SUMMARY)


def _read_scores(path: Path) -> pd.DataFrame:
    with path.open(encoding="utf-8") as file:
        return pd.read_csv(file)


def read_summaries(out: Path) -> list[TableRow]:
    """Return the summaries that `gather` wrote."""
    return list(parquet.read(out / f"{SUMMARY}.parquet").to_pylist())


def sentence(summary: TableRow) -> str:
    """Return one line with a video, its quality, and for each label the class with the largest mean probability."""
    words = []
    if "quality" in summary:
        worst = f"worst {summary['worst_quality']:.4g} at {summary['worst_start_s']:.1f} s"
        words += [
            f"{name.removesuffix('_low')} {summary[name.removesuffix('_low')]:.3g} "
            f"({summary[name]:.3g} to {summary[name.removesuffix('_low') + '_high']:.3g})"
            for name in summary
            if name.endswith("_low")
        ]
        words.append(f"quality {summary['quality']:.4g} \N{PLUS-MINUS SIGN} {summary['quality_std']:.2g} ({worst})")
    best: dict[str, tuple[float, str]] = {}
    for name, share in summary.items():
        label, equals, class_name = name.partition("=")
        if equals:
            best[label] = max(best.get(label, (0.0, "")), (share, class_name))
    words += [f"{label} {name} {share:.2f}" for label, (share, name) in best.items()]
    return f"{printable(summary['video'])}: {', '.join(words)}"


def part_name(video_id: str) -> str:
    """Return the file, relative to OUT, that keeps the scores of one video until all are joined."""
    return f"{PARTS}/{video_id}.parquet"


def has_part(out: Path, video_id: str) -> bool:
    """Say whether the scores of one video are there and sound."""
    try:
        return bool(parquet.read(_part_path(out, video_id)).num_rows)
    except (pa.ArrowException, ValueError, OSError):
        return False


def _part_path(out: Path, video_id: str) -> Path:
    return out / part_name(video_id)


@cache
def _loaded(run: Path) -> Trained:
    return load_run(run)


def _batches(clips: Iterator[tuple[float, float, Frames]], size: int) -> Iterator[list[tuple[float, float, Frames]]]:
    waiting: list[tuple[float, float, Frames]] = []
    for clip in clips:
        waiting.append(clip)
        if len(waiting) == size:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _columns_of(trained: Trained, said: dict[str, Any], i: int) -> dict[str, float]:
    columns: dict[str, float] = {}
    for label, value in said.items():
        if value.ndim == 1:
            columns[label] = float(value[i])
        else:
            names = trained.class_names(label, value.shape[1])
            columns |= {f"{label}={name}": float(share) for name, share in zip(names, value[i], strict=True)}
    return columns
