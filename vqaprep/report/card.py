"""The data card, made from the run itself: what the data are, where they come from, what they cannot show."""

import re
from collections import Counter
from typing import Any

from vqaprep import distortions
from vqaprep.errors import InputError
from vqaprep.report.blocks import Section, Table, seconds, shown, size
from vqaprep.report.counts import overlaps
from vqaprep.report.gather import Run
from vqaprep.samples import Sample, load_samples
from vqaprep.shards.write import SHARDS

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
    return re.sub(r"([\\`*_\[\]<>|#~])", r"\\\1", " ".join(text.split()))


def _contents(run: Run) -> Entries:
    rows = run.rows[-1][1].values()
    found = [
        ("videos", f"{len(run.sources):,}, of which {len(rows):,} reach the last step"),
        ("time kept", seconds(sum(row.keep.duration_s for row in rows))),
    ]
    columns = run.clips
    if "clip_id" in columns:
        found.append(("clips", f"{len(columns['clip_id']):,} in {len(set(columns['scene_id'])):,} scenes"))
    tars = [tar for step in run.steps for tar in sorted((step.path / SHARDS).glob("*.tar"))]
    if tars:
        found.append(("tars", f"{len(tars):,}, {size(sum(tar.stat().st_size for tar in tars))}"))
    for name in ("label", "subject_id", "mos"):
        known = [v for v in columns.get(name, ()) if v is not None]
        if known:
            found.append((name, f"{len(set(known)):,} values on {len(known):,} rows"))
    return found


def _sources(run: Run) -> Entries:
    known = _catalogue()
    found: Entries = []
    for video_id, row in sorted(run.sources.items(), key=lambda item: (run.file_name(item[0]), item[0])):
        sample = known.get(row.sha256)
        licence = "licence unknown"
        if sample is not None:
            licence = f"package licence {sample.licence}, from {sample.origins[0].source}"
        about = (
            f"{row.width_px}x{row.height_px}, {row.rate_fps:.4g} frames a second, {row.codec}, {row.duration_s:.1f} s"
        )
        found.append((run.file_name(video_id), f"{about}; {licence}; sha256 {row.sha256}"))
    return found


def _catalogue() -> dict[str, Sample]:
    try:
        return {sample.sha256: sample for sample in load_samples()}
    except InputError:  # an install without the catalogue
        return {}


def _splits(run: Run) -> Entries:
    columns = run.clips
    found: Entries = []
    for split in ("train", "val", "test"):
        members = [i for i, s in enumerate(columns.get("split", ())) if s == split]
        if members:
            videos, people = ({columns[c][i] for i in members} - {None} for c in ("video_id", "subject_id"))
            found.append((split, f"{len(members):,} clips of {len(videos):,} videos, {len(people):,} known subjects"))
    if found:
        apart = overlaps(columns)
        found.append(("kept apart", "; ".join(apart) if apart else "videos, subjects and content groups"))
    return found


def _distortions(run: Run) -> Entries:
    columns = run.clips
    names, levels = columns.get("distortion", []), columns.get("level", [])
    found: Entries = []
    for name in sorted(set(names) - {"none"}):
        used = sorted({level for d, level in zip(names, levels, strict=True) if d == name})
        known = [distortions.get(part) for part in name.split("+") if part in distortions.names()]
        about = "; ".join(f"{d.summary} {d.citation}" for d in known).replace("`", "")
        found.append((name, f"levels {', '.join(map(str, used))} on {names.count(name):,} clips. {about}"))
    return found


def _making(run: Run) -> Entries:
    """Return each step with all its settings, then the versions."""
    found: Entries = []
    for step in run.steps:
        settings = {k: v for k, v in step.settings.items() if v is not None and not _is_path(v)}
        found.append((f"{step.number} {step.name}", ", ".join(f"{k} {_words(v)}" for k, v in sorted(settings.items()))))
    versions: dict[str, Any] = next((s.record["versions"] for s in run.steps if s.record.get("versions")), {})
    return [*found, ("versions", ", ".join(f"{k} {v}" for k, v in sorted(versions.items())))]


def _words(value: Any) -> str:
    return " ".join(map(str, value)) or "none" if isinstance(value, list) else shown(value)


def _is_path(value: Any) -> bool:
    return isinstance(value, str) and "/" in value


def _limits(run: Run) -> Entries:
    rows, columns = list(run.sources.values()), run.clips
    shard = next((step.settings for step in reversed(run.named("shard"))), {})
    known = _catalogue()
    facts = {
        "faces": (True, "Pictures and clips may show faces of real people. Do not use them to identify anyone."),
        "size": (len(rows) < _FEW_VIDEOS, f"{len(rows)} videos try the tools out; they prove nothing about methods."),
        "originals": (True, "An original is a source as it came, compressed already: undamaged by us, not pristine."),
        "people": (
            not any(row.subject_id for row in rows),
            "No subject ids were given: splits keep videos apart, not people.",
        ),
        "opinions": (
            bool(columns) and not any(v is not None for v in columns.get("mos", ())),
            "No opinion scores: levels of distortion are known, quality as people see it is not.",
        ),
        "variable rate": (
            any(row.is_vfr for row in rows),
            f"{sum(row.is_vfr for row in rows)} videos have a variable frame rate: speeds count their regular clock.",
        ),
        "licence": (
            any(row.sha256 not in known for row in rows),
            f"{sum(row.sha256 not in known for row in rows)} videos have no licence on record; find it before sharing.",
        ),
        "footage": (
            any(row.sha256 in known for row in rows),
            "The licences named are those of packages that carry the films; few state the footage's own.",
        ),
        "codec": (shard.get("codec") == "jpeg", "Clips are stored as JPEG, which adds damage of its own."),
        "scale": (
            shard.get("spatial") in ("face", "center", "resize"),
            f"Clips are scaled to {shard.get('size_px')} px, which hides damage finer than their pixels.",
        ),
    }
    return [(name, words) for name, (holds, words) in facts.items() if holds]
