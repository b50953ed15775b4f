"""The data card of a run: what the data are, where they come from, and their limits."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from vqaprep import distortions
from vqaprep.errors import InputError
from vqaprep.packages.samples import Sample, load_samples
from vqaprep.report.blocks import Section, Table, cell_text
from vqaprep.report.counts import overlaps
from vqaprep.report.gather import Run
from vqaprep.rows import Row
from vqaprep.rows.plain_text import printable
from vqaprep.rows.pseudonyms import NAMES
from vqaprep.settings.quantities import seconds, size

_FEW_VIDEOS = 30
Entries = list[tuple[str, str]]


def card(run: Run) -> dict[str, Entries]:
    """Return the card: headings, each with (what, words)."""
    if not run.sources:
        return {}
    parts = {
        "Contents": _contents(run),
        "Sources and licences": _sources(run),
        "Splits": _splits(run),
        "Distortions": _distortions(run),
        "How it was made": _making(run),
        "Dropped": [(reason, f"{n:,} rows") for reason, n in Counter(d.reason for _, d in run.dropped).most_common()],
        "Known limits": _limits(run),
    }
    return {heading: entries for heading, entries in parts.items() if entries}


def section(run: Run) -> Section | None:
    """Return the card as a part of the page."""
    blocks = [Table(("", ""), entries, heading) for heading, entries in card(run).items()]
    return Section("card", "Data card", "Also written as DATA_CARD.md.", blocks) if blocks else None


def markdown(title: str, parts: dict[str, Entries]) -> str:
    """Return the card as Markdown; what comes from files is escaped."""
    lines = [f"# {_plain(title)}", ""]
    for heading, entries in parts.items():
        lines += [f"## {heading}", "", *(f"- **{_plain(what)}**: {_plain(words)}" for what, words in entries), ""]
    return "\n".join(lines)


def _plain(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>|#~])", r"\\\1", printable(" ".join(text.split())))


def _contents(run: Run) -> Entries:
    rows = run.rows[-1][1].values()
    entries = [
        ("videos", f"{len(run.sources):,}, of which {len(rows):,} reach the last step"),
        ("time kept", seconds(sum(row.keep.duration_s for row in rows))),
    ]
    for clips in run.clip_sets:
        columns = clips.columns
        kind = "clips" if clips.num_clips else "samples"
        scenes = len(set(columns["scene_id"]))
        words = f"{clips.table.num_rows:,} {kind} of {scenes:,} scenes, task {columns['task'][0]}"
        for name in ("label", "subject_id", "mos"):
            values = [v for v in columns[name] if v is not None]
            words += f"; {name} on {len(values):,}, {len(set(values)):,} values" if values else ""
        entries.append((f"clips of step {clips.step.number}", words))
    tars = [num_bytes for step in run.steps for num_bytes in step.tars.values()]
    if tars:
        entries.append(("tars", f"{len(tars):,}, {size(sum(tars))}"))
    return entries


def _sources(run: Run) -> Entries:
    catalogue = _catalogue()
    entries: Entries = []
    for video_id, row in sorted(run.sources.items(), key=lambda item: (run.file_name(item[0]), item[0])):
        sample = catalogue.get(row.sha256)
        licence = "licence unknown"
        if sample is not None:
            licence = f"package licence {sample.licence}, from {sample.origins[0].source}"
        about = (
            f"{row.width_px}x{row.height_px}, {row.rate_fps:.4g} frames a second, {row.codec}, {row.duration_s:.1f} s"
        )
        entries.append((run.file_name(video_id), f"{about}; {licence}; sha256 {row.sha256}"))
    return entries


def _catalogue() -> dict[str, Sample]:
    try:
        return {sample.sha256: sample for sample in load_samples()}
    except InputError:  # an install without the catalogue
        return {}


def _splits(run: Run) -> Entries:
    entries: Entries = []
    for clips in run.clip_sets:
        columns, words = clips.columns, []
        for split in ("train", "val", "test"):
            members = [i for i, s in enumerate(columns["split"]) if s == split]
            videos, people = ({columns[c][i] for i in members} - {None} for c in ("video_id", "subject_id"))
            words += (
                [f"{split} {len(members):,} of {len(videos):,} videos, {len(people):,} subjects"] if members else []
            )
        if words:
            apart = "; ".join(overlaps(columns)) or "videos, subjects and content groups kept apart"
            entries.append((f"clips of step {clips.step.number}", "; ".join([*words, apart])))
    return entries


def _distortions(run: Run) -> Entries:
    used = Counter(
        variant
        for clips in run.clip_sets
        if clips.num_clips
        for variant in zip(clips.columns["distortion"], clips.columns["level"], strict=True)
    )
    entries: Entries = []
    for name in sorted({name for name, _ in used} - {"none"}):
        levels = {level: n for (d, level), n in sorted(used.items()) if d == name}
        kinds = [distortions.get(part) for part in name.split("+") if part in distortions.names()]
        about = "; ".join(f"{d.summary} {d.citation}" for d in kinds).replace("`", "")
        entries.append((name, f"levels {', '.join(map(str, levels))} on {sum(levels.values()):,} clips. {about}"))
    return entries


def _making(run: Run) -> Entries:
    """Return each step with all its settings, then the versions."""
    entries: Entries = []
    for step in run.steps:
        settings = {k: v for k, v in step.settings.items() if v is not None and k not in NAMES and not _is_path(v)}
        entries.append(
            (f"{step.number} {step.name}", ", ".join(f"{k} {_words(v)}" for k, v in sorted(settings.items())))
        )
    versions: dict[str, Any] = next((s.record["versions"] for s in run.steps if s.record.get("versions")), {})
    return [*entries, ("versions", ", ".join(f"{k} {v}" for k, v in sorted(versions.items())))]


def _words(value: Any) -> str:
    return " ".join(map(str, value)) or "none" if isinstance(value, list) else cell_text(value)


def _is_path(value: Any) -> bool:
    return isinstance(value, str) and "/" in value


def _limits(run: Run) -> Entries:
    rows, opinions = list(run.sources.values()), [v for clips in run.clip_sets for v in clips.columns["mos"]]
    shards = [step.settings for step in run.named("shard")]
    scales = {f"{s['size_px']} px" for s in shards if s.get("spatial") in ("face", "center", "resize")}
    catalogue = _catalogue()
    facts = {
        "faces": (True, "Pictures and clips may show faces of real people. Do not use them to identify anyone."),
        "size": (len(rows) < _FEW_VIDEOS, f"{len(rows)} videos test the tools; they prove nothing about methods."),
        "originals": (
            True,
            "An original is the source as it was given, already compressed: not distorted by us, but not pristine.",
        ),
        "people": (
            not any(row.subject_id for row in rows),
            "No subject ids were given: splits keep videos apart, not people.",
        ),
        "opinions": (
            bool(opinions) and all(v is None for v in opinions),
            "No opinion scores: levels of distortion are known, perceived quality is not.",
        ),
        **_limits_of_files(rows),
        "licence": (
            any(row.sha256 not in catalogue for row in rows),
            f"{sum(row.sha256 not in catalogue for row in rows)} videos have no licence on record; "
            "find it before sharing.",
        ),
        "footage": (
            any(row.sha256 in catalogue for row in rows),
            "The licences named are those of packages that carry the films; few state the footage's own.",
        ),
        "codec": (
            any(s.get("codec") == "jpeg" for s in shards),
            "Clips are stored as JPEG, which adds damage of its own.",
        ),
        "scale": (
            bool(scales),
            f"Clips are scaled to {' and '.join(sorted(scales))}, which hides damage finer than their pixels.",
        ),
    }
    return [(name, words) for name, (holds, words) in facts.items() if holds]


def _limits_of_files(rows: Sequence[Row]) -> dict[str, tuple[bool, str]]:
    """Return what is special about how the files were recorded: name -> (whether it holds, words)."""
    woven = sum(row.is_interlaced and row.deinterlace == "off" for row in rows)
    return {
        "time": (
            any(row.is_vfr or row.num_gaps for row in rows),
            f"{sum(row.is_vfr for row in rows)} videos have a variable frame rate: speeds count their regular clock. "
            f"{sum(row.num_gaps > 0 for row in rows)} have pauses, outages or lost frames, which no clip spans.",
        ),
        "interlaced": (
            woven > 0,
            f"{woven} videos are interlaced and were not deinterlaced: each of their frames shows two moments.",
        ),
    }
