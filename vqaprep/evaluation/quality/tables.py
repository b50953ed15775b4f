"""Write the results of scoring: a table of videos as CSV, JSON and Parquet, the seconds, and a page."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from vqaprep.evaluation.quality.scoring import COLUMNS, read_video
from vqaprep.rows import Video, parquet
from vqaprep.rows.plain_text import csv_cell, printable
from vqaprep.storage.durable import durable

SCORES, SECONDS = "scores", "seconds.csv"
_SECOND = ("video", "start_s", "end_s", "quality", "low", "high")


def gather(out: Path, videos: Sequence[Video]) -> list[dict[str, Any]]:
    """Write `scores.csv`, `.json`, `.parquet` and `seconds.csv`; return the rows, in the order of the videos."""
    rows = []
    with durable(out / SECONDS) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_SECOND)
        for video in videos:
            row = read_video(out, video.video_id) | {"video": video.uri}
            for second in row["seconds"]:
                writer.writerow([csv_cell(video.uri), *(second[name] for name in _SECOND[1:])])
            rows.append({name: row[name] for name in COLUMNS})
    if rows:
        _write(rows, out)
    return rows


def read_scores(out: Path) -> list[dict[str, Any]]:
    """Return the rows that `gather` wrote; none where no video could be scored."""
    path = out / f"{SCORES}.parquet"
    return list(parquet.read(path).to_pylist()) if path.is_file() else []


def sentence(row: dict[str, Any]) -> str:
    """Return one line with a video and its score."""
    interval = f"{row['quality']:.0f} ({row['quality_low']:.0f} to {row['quality_high']:.0f})"
    worst = f"worst {row['worst_quality']:.0f} at {row['worst_start_s']:.1f} s"
    if not row["known"]:
        return f"{printable(row['video'])}: do not know, {row['doubt']}; quality would be {interval}"
    return (
        f"{printable(row['video'])}: quality {interval}, {row['word']}, better than {row['percentile']:.0f} % "
        f"of the reference videos; {worst}"
    )


def _write(rows: list[dict[str, Any]], out: Path) -> None:
    with durable(out / f"{SCORES}.csv") as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(row | {"video": csv_cell(row["video"])} for row in rows)
    with durable(out / f"{SCORES}.json") as temporary:
        temporary.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    with durable(out / f"{SCORES}.parquet") as temporary:
        pq.write_table(pa.table({name: [row[name] for row in rows] for name in COLUMNS}), temporary)
