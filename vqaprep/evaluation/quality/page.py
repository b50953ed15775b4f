"""The page of `score`: a table of videos, and for each its curve over time and its worst moments."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vqaprep.evaluation.quality.scoring import NUM_WORST, WORST, read_video
from vqaprep.evaluation.quality.weights import Weights
from vqaprep.report import page
from vqaprep.report.blocks import Badge, Bar, Bars, Gallery, Line, Lines, Section, SideBySide, Table, Text, Tone
from vqaprep.report.images import from_file
from vqaprep.rows import Dropped, Video
from vqaprep.rows.plain_text import printable

PAGE = "score.html"
_MOST_VIDEOS = 60
"""Videos that are shown one by one: a page of thousands would not open."""
_WIDTH, _HEIGHT, _MOST_POINTS = 300.0, 150.0, 300
_TONES: dict[str, Tone] = {
    "excellent": "good", "good": "good", "fair": "plain", "poor": "warn", "bad": "bad", "do not know": "warn",
}  # fmt: skip
_LEAD = (
    "Quality is an estimate of VMAF, from 0 to 100, without a reference and at native pixels. The interval held the "
    "measured VMAF of nine in ten clips of films that the scorer had not seen."
)


def write_page(
    out: Path, rows: Sequence[dict[str, Any]], videos: Sequence[Video], dropped: Sequence[Dropped], weights: Weights
) -> Path:
    """Write `score.html` into `out` and return its path."""
    sections = [_table(rows, dropped, weights)]
    sections += [_video(out, row, video, n) for n, (row, video) in enumerate(zip(rows, videos, strict=True))
                 if n < _MOST_VIDEOS]  # fmt: skip
    facts = [
        ("Videos", f"{len(rows)} scored, {len(dropped)} not"),
        ("Weights", f"{weights.about['name']}, {weights.sha256[:12]}"),
        ("Percentile against", str(weights.about["reference"]["name"])),
    ]
    notes = [] if len(rows) <= _MOST_VIDEOS else [f"The first {_MOST_VIDEOS} videos are shown one by one."]
    shows_faces = any((out / WORST).glob("*.jpg"))
    page.write_page(out / PAGE, "Video quality", sections, facts=facts, notes=notes, has_faces=shows_faces)
    return out / PAGE


def _table(rows: Sequence[dict[str, Any]], dropped: Sequence[Dropped], weights: Weights) -> Section:
    bars = [
        Bar(_name(row), row["quality"] / 100, f"{row['quality']:.0f}  ({row['quality_low']:.0f} to "
            f"{row['quality_high']:.0f})", span=(row["quality_low"] / 100, row["quality_high"] / 100))
        for row in sorted(rows, key=lambda one: float(one["quality"]))[:_MOST_VIDEOS]
    ]  # fmt: skip
    columns = ("video", "quality", "90 % from", "to", "", "percentile", "worst", "at s", "size", "seconds", "")
    cells = [
        (_name(row), row["quality"], row["quality_low"], row["quality_high"], Badge(row["word"], _TONES[row["word"]]),
         row["percentile"], row["worst_quality"], row["worst_start_s"], f"{row['width_px']} x {row['height_px']}",
         row["duration_s"], row["doubt"])
        for row in rows
    ]  # fmt: skip
    blocks: list[Any] = [Bars("Lowest first", bars, note="The whisker is the 90 % interval.")] if len(rows) > 1 else []
    blocks.append(Table(columns, cells))
    if dropped:
        lost = [(drop.uri or drop.id, drop.reason, drop.detail) for drop in dropped]
        blocks.append(Table(("video", "reason", "detail"), lost, "Not scored"))
    return Section("videos", "Videos", _LEAD, blocks)


def _video(out: Path, row: dict[str, Any], video: Video, number: int) -> Section:
    stored = read_video(out, video.video_id)
    seconds = stored["seconds"]
    blocks: list[Any] = []
    if len(seconds) > 1:
        points = [Line("quality", _points(seconds, "quality")), Line("90 % interval", _points(seconds, "low"))]
        points.append(Line("", _points(seconds, "high")))
        blocks.append(Lines("Quality over time", points, "100", "0", f"{seconds[-1]['end_s']:.0f} s"))
    pictures = [
        from_file(path, width_px=320, caption=f"{start_s:.1f} s, quality {_at(seconds, start_s):.0f}")
        for n, start_s in zip(range(NUM_WORST), stored["worst_s"], strict=False)
        if (path := out / WORST / f"{video.video_id}-{n}.jpg").is_file()
    ]
    if pictures:
        blocks.append(Gallery(pictures, "Worst moments"))
    if row["doubt"]:
        blocks.insert(
            0, Text(f"Do not know: this {row['doubt']}. The numbers are shown, but they may be meaningless.", "warn")
        )
    lead = f"{row['quality']:.0f} of 100 ({row['quality_low']:.0f} to {row['quality_high']:.0f}): {row['word']}."
    return Section(
        f"video{number}", _name(row), lead, [SideBySide(blocks)] if len(blocks) > 1 and not row["doubt"] else blocks
    )


def _name(row: dict[str, Any]) -> str:
    return printable(Path(row["video"]).name)


def _at(seconds: Sequence[dict[str, Any]], start_s: float) -> float:
    return float(min(seconds, key=lambda one: abs(float(one["start_s"]) - start_s))["quality"])


def _points(seconds: Sequence[dict[str, Any]], name: str) -> str:
    end_s = max(float(seconds[-1]["end_s"]), 1e-3)
    step = max(1, -(-len(seconds) // _MOST_POINTS))
    points = []
    for start in range(0, len(seconds), step):
        part = seconds[start : start + step]
        middle_s = (float(part[0]["start_s"]) + float(part[-1]["end_s"])) / 2
        value = sum(float(one[name]) for one in part) / len(part)
        points.append(f"{_WIDTH * middle_s / end_s:.1f},{_HEIGHT * (1 - value / 100):.1f}")
    return " ".join(points)
