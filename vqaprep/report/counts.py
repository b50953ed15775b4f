"""How often each label occurs, beside its expected share, and whether any person is in two splits."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from vqaprep.report.blocks import Bar, Bars, Section, SideBySide, Table, Text
from vqaprep.report.gather import ClipSet, Run
from vqaprep.speeds import tasks
from vqaprep.speeds.labels import change_range
from vqaprep.speeds.tasks import num_classes, place_name, speed_name

_MAX_BARS = 40


def counts(run: Run) -> Section | None:
    """Return bar charts of speed and localization classes, distortions, splits, labels and subjects."""
    blocks: list[Any] = []
    for clip_set in run.clip_sets:
        charts = _speed_charts(clip_set)
        for name in ("split", "fold", "label", "subject_id", "theme"):
            charts += _chart(name.removesuffix("_id"), _counted(clip_set.columns, name))
        charts += _chart("distortion and level", _variants(clip_set.columns))
        if len(run.clip_sets) > 1:
            blocks.append(
                Text(f"Clips of step {clip_set.step.number} {clip_set.step.name}, task {clip_set.columns['task'][0]}:")
            )
        blocks += [SideBySide(charts), *_splits(clip_set.columns)]
    if not blocks:
        return None
    lead = "Speed and localization count reference clips; their variants carry the same labels."
    return Section("labels", "Labels", lead, blocks)


def overlaps(columns: dict[str, list[Any]]) -> list[str]:
    """Return a sentence for each kind of name that is in more than one split."""
    sentences = []
    for name in ("video_id", "subject_id", "group_id"):
        pairs = {(v, s) for v, s in zip(columns[name], columns["split"], strict=True) if v is not None and s}
        twice = sum(n > 1 for n in Counter(v for v, _ in pairs).values())
        sentences += [f"{twice} values of {name} are in more than one split"] if twice else []
    return sentences


def _speed_charts(clips: ClipSet) -> list[Bars]:
    """Return the chart of each class; a tick marks the share that the task's own draw gives it."""
    columns, num_frames = clips.columns, clips.cut.get("num_frames")
    task, pool = columns["task"][0], columns["pool"][0] or 1
    plan = _plan(clips.cut, task, pool)
    charts: list[Bars] = []
    for name in ("speed_class", "localization_class"):
        counted = _counted(columns, name, only_references=True)
        if not counted:
            continue
        low, high = change_range(num_frames) if num_frames else (0, 0)
        most = num_classes(task, pool) if name == "speed_class" else high - low + 2
        num = max(most if num_frames else 0, max(counted) + 1)
        names = [
            f"{k} ({speed_name(task, pool, k)})" if name == "speed_class" or not num_frames
            else f"{k} ({place_name(num_frames, k)})" for k in range(num)
        ]  # fmt: skip
        charts += _chart(
            name.replace("_", " "),
            {names[k]: counted.get(k, 0) for k in range(num)},
            expected=[plan.get((name, k), 0.0) for k in range(num)] if plan else (),
            chance=1 / num,
        )
    return charts


def _plan(cut: dict[str, Any], task: str, pool: int) -> dict[tuple[str, int | None], float]:
    """Return the share of each class in an unlimited draw, by (column, class)."""
    if "num_frames" not in cut or task not in tasks.names():
        return {}
    order = cut.get("order") or tasks.get(task).orders[0]
    num_frames, jitter = cut["num_frames"], cut.get("change_jitter", 0)
    shares: Counter[tuple[str, int | None]] = Counter()
    for rates, share in tasks.get(task).options(num_frames, pool, order, jitter).items():
        named = tasks.label(rates, task, num_frames=num_frames, pool=pool)
        shares["speed_class", named.speed_class] += share  # type: ignore[assignment]  # exact until the end
        shares["localization_class", named.localization_class] += share  # type: ignore[assignment]  # likewise
    return {name: float(share) for name, share in shares.items()}


def _chart(
    title: str, found: dict[Any, int], *, expected: Sequence[float] = (), chance: float | None = None
) -> list[Bars]:
    total = sum(found.values())
    if not total:
        return []
    shares = [n / total for n in found.values()]
    longest = max([*shares, *expected, chance or 0.0])
    marks: list[tuple[float, ...]] = [(e / longest,) for e in expected] or [()] * len(shares)
    bars = [
        Bar(str(name), share / longest, f"{n:,} ({share:.1%})", marks=tick)
        for (name, n), share, tick in zip(found.items(), shares, marks, strict=True)
    ]
    note = f"Dashed: an even guess, {chance:.1%}." if chance else ""
    note += " Tick: the share that the draw gives when every clip fits." if expected else ""
    note += f" The first {_MAX_BARS} of {len(bars)}." if len(bars) > _MAX_BARS else ""
    return [Bars(title, bars[:_MAX_BARS], note.strip(), chance / longest if chance else None)]


def _counted(columns: dict[str, list[Any]], name: str, *, only_references: bool = False) -> dict[Any, int]:
    """Return how often each value occurs, in order; an index has a row a sample, so nothing to choose from."""
    values = columns.get(name, [])
    if only_references and "distortion" in columns and "none" in columns["distortion"]:
        values = [v for v, d in zip(values, columns["distortion"], strict=True) if d == "none"]
    return dict(sorted(Counter(v for v in values if v is not None).items(), key=lambda item: item[0]))


def _variants(columns: dict[str, list[Any]]) -> dict[str, int]:
    pairs: Iterable[tuple[str, int]]
    if "distortion" in columns:
        pairs = zip(columns["distortion"], columns["level"], strict=True)
    else:
        views = zip(columns["distortions"], columns["levels"], strict=True)
        pairs = ((d, n) for names, levels in views for d, n in zip(names, levels, strict=True))
    return {f"{d} {n}" if n else d: v for (d, n), v in sorted(Counter(pairs).items())}


def _splits(columns: dict[str, list[Any]]) -> list[Table | Text]:
    splits = [s for s in ("train", "val", "test") if s in columns["split"]]
    if not splits:
        return []
    rows = []
    for split in splits:
        members = [i for i, s in enumerate(columns["split"]) if s == split]
        named = [{columns[c][i] for i in members} - {None} for c in ("video_id", "subject_id", "group_id")]
        rows.append([split, len(members), *map(len, named)])
    sentences = overlaps(columns)
    lead = "; ".join(sentences) if sentences else "No video, subject or content group is in more than one split."
    return [Table(("split", "rows", "videos", "subjects", "groups"), rows), Text(lead, "bad" if sentences else "good")]
