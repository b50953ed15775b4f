"""The dropped rows: at which step, why, and the decoder's message."""

from collections import Counter

from vqaprep.report.blocks import Bar, Bars, Folded, Section, Table, Text
from vqaprep.report.gather import Run, base_name
from vqaprep.rows import REASONS, Dropped

_MAX_ROWS = 300


def drops(run: Run) -> Section | None:
    """Return the drops by step and reason, then one by one."""
    if not run.dropped:
        return None
    counts = Counter((step.number, step.name, drop.reason) for step, drop in run.dropped)
    most = max(counts.values())
    bars = [Bar(f"{n} {name}: {reason}", 0, f"{v:,}", rest=v / most) for (n, name, reason), v in sorted(counts.items())]
    meanings = [(reason, REASONS.get(reason, "")) for reason in sorted({drop.reason for _, drop in run.dropped})]
    rows = [
        (step.name, identity(drop), file_of(run, drop), drop.reason, Folded(words(run, drop)))
        for step, drop in run.dropped[:_MAX_ROWS]
    ]
    blocks = [
        Bars("Rows dropped", bars),
        Table(("reason", "means"), meanings),
        Table(("step", "row", "file", "reason", "in the tool's words"), rows, "Each of them", is_folded=len(rows) > 20),
    ]
    if len(run.dropped) > _MAX_ROWS:
        blocks.append(Text(f"{len(run.dropped) - _MAX_ROWS:,} more are in the steps' dropped.parquet."))
    return Section("drops", "Dropped", "Nothing is lost silently: each row left out has a reason.", blocks)


def identity(drop: Dropped) -> str:
    """Return the name of a dropped row; the base name of one that is known only by its address."""
    return base_name(drop.id) if "/" in drop.id or "\\" in drop.id else drop.id


def words(run: Run, drop: Dropped) -> str:
    """Return the detail of a drop without the folders of the files it speaks of."""
    text = drop.detail
    for uri in [drop.id, drop.uri, *(row.uri for row in run.sources.values())]:
        text = text.replace(uri, base_name(uri)) if uri else text
    return text


def file_of(run: Run, drop: Dropped) -> str | None:
    """Return the base name of the file that a dropped row came from, where the drop or a manifest says it."""
    uri = drop.uri or uri_of(run, drop)
    return base_name(uri) if uri else None


def uri_of(run: Run, drop: Dropped) -> str | None:
    """Return the address that a manifest of the run has for a dropped row; its id begins with that of its video."""
    owner = next((v for v in (drop.id, drop.id[:16]) if v in run.sources), None)
    return None if owner is None else run.sources[owner].uri
