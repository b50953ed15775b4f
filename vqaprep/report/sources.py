"""The videos: properties of each, the last step it reached, and its first frame."""

from collections import Counter

from vqaprep.errors import MediaError
from vqaprep.report.blocks import Badge, Picture, Section, Table, Text, Tone
from vqaprep.report.gather import Run
from vqaprep.report.images import poster
from vqaprep.rows import Row

_MAX_POSTERS, _MAX_ROWS, _POSTER_PX = 24, 500, 160


def sources(run: Run) -> Section | None:
    """Return a table of the videos with the first frame of the kept part of each."""
    if not run.sources:
        return None
    ordered = sorted(run.sources.values(), key=lambda row: (run.file_name(row.video_id), row.video_id))
    latest: dict[str, Row] = {}
    for _, rows in run.rows:  # steps after a crop may start anew from before it
        latest |= {name: row for name, row in rows.items() if row.crop_track or not _is_cropped(latest.get(name))}
    num_clips = Counter(v for found in run.clip_sets if found.num_clips for v in found.columns["video_id"])
    table = [
        [
            *_facts(run, row, latest[row.video_id], is_shown=i < _MAX_POSTERS),
            num_clips[row.video_id],
            *fate(run, row.video_id),
        ]
        for i, row in enumerate(ordered[:_MAX_ROWS])
    ]
    columns = (
        "first kept frame", "file", "size", "read", "fps", "codec", "seconds", "kept", "clips", "came to",
        "dropped at",
    )  # fmt: skip
    lead = "Sizes are as displayed. A green square is the crop at that frame."
    blocks: list[Table | Text] = [Table(columns, table)]
    if len(ordered) > _MAX_ROWS:
        blocks.append(Text(f"{len(ordered) - _MAX_ROWS:,} more are in the manifests."))
    return Section("sources", "Sources", lead, blocks)


def fate(run: Run, video_id: str) -> tuple[Badge, str]:
    """Return the last step that knows a video, and why steps dropped rows of it."""
    last = run.rows[-1][0]
    before = [step for step, rows in run.rows if video_id in rows]
    reasons = sorted({f"{step.name}: {drop.reason}" for step, drop in run.dropped if drop.id.startswith(video_id)})
    tone: Tone = "bad" if last not in before else "warn" if reasons else "good"
    return Badge(before[-1].name, tone), ", ".join(reasons)


def _is_cropped(row: Row | None) -> bool:
    return row is not None and bool(row.crop_track)


def _facts(run: Run, first: Row, latest: Row, *, is_shown: bool) -> list[object]:
    rate = f"{first.rate_fps:.4g} {'variable' if first.is_vfr else 'constant'}"
    rate += f", {first.num_gaps} gaps" if first.num_gaps else ""
    kept = f"{latest.keep.start_s:.1f} to {latest.keep.end_s:.1f} s".replace(" ", "\N{NO-BREAK SPACE}")
    return [
        _picture(run, latest) if is_shown else None,
        run.file_name(first.video_id),
        f"{first.width_px}\N{MULTIPLICATION SIGN}{first.height_px}",
        _reading(latest),
        rate,
        f"{first.codec} in {first.container.split(',')[0]}",
        round(first.duration_s, 2),
        kept,
    ]


def _reading(row: Row) -> str:
    """Say what was done to the stored pictures, and what was not."""
    properties = [row.orientation] if row.orientation != "upright" else []
    if row.pixel_aspect != 1:
        properties.append(f"{row.pixel_aspect:.3g}:1 pixels {'made square' if row.pixels == 'square' else 'kept'}")
    if row.is_interlaced:
        properties.append("interlaced" if row.deinterlace == "off" else f"one picture per {row.deinterlace}")
    if row.num_video_streams > 1:
        properties.append(f"stream {row.stream_index}, one of {row.num_video_streams}")
    if row.num_damaged_frames:
        properties.append(f"{row.num_damaged_frames} of {row.num_frames} frames damaged")
    return "; ".join(properties) or "as stored"


def _picture(run: Run, row: Row) -> Picture | str:
    opened = run.opened(row)
    if opened is None:
        return "no address kept" if run.shows_faces else "not shown"
    try:
        return poster(opened, width_px=_POSTER_PX)
    except MediaError as error:
        return f"no picture: {error.reason}"
