"""The videos themselves: what each is, how far it came, and a look at it."""

from vqaprep.errors import MediaError
from vqaprep.report.blocks import Badge, Picture, Section, Table, Text
from vqaprep.report.gather import Run
from vqaprep.report.images import poster
from vqaprep.rows import Row

_MAX_POSTERS, _MAX_ROWS, _POSTER_PX = 24, 500, 168


def sources(run: Run) -> Section | None:
    """Return a table of the videos with the first frame of the kept part of each."""
    if not run.sources:
        return None
    ordered = sorted(run.sources.values(), key=lambda row: (run.file_name(row.video_id), row.video_id))
    latest: dict[str, Row] = {}
    for _, rows in run.rows:
        latest |= rows
    table = [
        _row(run, row, latest[row.video_id], is_shown=i < _MAX_POSTERS) for i, row in enumerate(ordered[:_MAX_ROWS])
    ]
    columns = (
        "first kept frame", "file", "size", "frames a second", "rate", "codec", "seconds", "kept", "clips", "came to",
    )  # fmt: skip
    lead = "Sizes are as displayed. A green square is the crop at that frame."
    blocks: list[Table | Text] = [Table(columns, table)]
    if len(ordered) > _MAX_ROWS:
        blocks.append(Text(f"{len(ordered) - _MAX_ROWS:,} more are in the manifests."))
    return Section("sources", "Sources", lead, blocks)


def fate(run: Run, video_id: str) -> Badge:
    """Return the last step that knows a video, and the reason why none after it does."""
    last, before = run.rows[-1][0], [step for step, rows in run.rows if video_id in rows]
    if last in before:
        return Badge(last.name, "good")
    reasons = {drop.reason for _, drop in run.dropped if drop.id.startswith(video_id)}
    return Badge(f"{before[-1].name}; {', '.join(sorted(reasons)) or 'dropped'}", "bad")


def _row(run: Run, first: Row, latest: Row, *, is_shown: bool) -> list[object]:
    rate = Badge("variable", "warn") if first.is_vfr else "constant"
    kept = f"{latest.keep.start_s:.1f} to {latest.keep.end_s:.1f} s".replace(" ", "\N{NO-BREAK SPACE}")
    return [
        _picture(run, latest) if is_shown else None,
        run.file_name(first.video_id),
        f"{first.width_px}\N{MULTIPLICATION SIGN}{first.height_px}",
        float(f"{first.rate_fps:.4g}"),
        rate,
        f"{first.codec} in {first.container.split(',')[0]}",
        round(first.duration_s, 2),
        kept,
        run.clips["video_id"].count(first.video_id) if "clip_id" in run.clips else None,
        fate(run, first.video_id),
    ]


def _picture(run: Run, row: Row) -> Picture | str:
    if not row.uri:
        return "no address kept"
    try:
        return poster(row, width_px=_POSTER_PX)
    except MediaError as error:
        return f"no picture: {error.reason}"
