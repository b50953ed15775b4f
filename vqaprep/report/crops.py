"""The crops of each video: the contact sheets of `crop`, and clips as stored in the tars."""

from collections import Counter, defaultdict
from itertools import chain
from typing import Any

from vqaprep.report.blocks import Gallery, Picture, Section, SideBySide, Table, Text
from vqaprep.report.gather import Run
from vqaprep.report.images import from_file, thumbnail
from vqaprep.report.samples import Samples, shard_folders, view_of

_MAX_SHEETS, _MAX_VIDEOS = 12, 12
_SHEET_PX, _FRAME_PX = 350, 112


def crops(run: Run) -> Section | None:
    """Return the sheets of `previews/`, and first, middle and last frame of clips of each video."""
    blocks: list[Any] = [block for block in (_decisions(run), _sheets(run)) if block is not None]
    folders = list(shard_folders(run))
    for samples in folders:
        blocks += [Text(f"{samples.folder.name}:")] if len(folders) > 1 else []
        blocks.append(_clips(run, samples))
    lead = (
        "Is it the right person, wholly in the picture? First who decided, and the crop's contact sheets; "
        "then first, middle and last frame of two clips of each video, as they lie in the tars."
    )
    return Section("crops", "What was cut out", lead, blocks) if blocks else None


def _decisions(run: Run) -> Table | None:
    """Return how many videos have whom chosen by the tool, by people, or by both, and by which rules."""
    for step, rows in run.rows:
        found = [row for row in rows.values() if row.subject_decided_by]
        if not found:
            continue
        counts = Counter((_kind(row.subject_decided_by or ""), row.subject_rule or "") for row in found)
        lines = [[kind, rule, number] for (kind, rule), number in sorted(counts.items())]
        return Table(("decided by", "rule", "videos"), lines, f"Who decided whom to follow ({step.name})")
    return None


def _kind(decided_by: str) -> str:
    """Return `tool`, `person` or `tool+person`, without the names that people gave."""
    return "+".join(part.split(" ", 1)[0] for part in decided_by.split("+"))


def _sheets(run: Run) -> Gallery | None:
    paths = sorted(chain.from_iterable((step.path / "previews").glob("*.png") for step in run.steps))
    read = (
        run.read(path, lambda p: from_file(p, width_px=_SHEET_PX, caption=_sheet_name(run, p.stem)))
        for path in paths[:_MAX_SHEETS]
    )
    pictures = [picture for picture in read if picture is not None]
    title = f"Contact sheets of the crop ({len(pictures)} of {len(paths)})"
    return Gallery(pictures, title) if pictures else None


def _sheet_name(run: Run, stem: str) -> str:
    video_id = stem.removesuffix("-contains-faces-and-names")
    return run.file_name(video_id) if video_id in run.sources else stem


def _clips(run: Run, samples: Samples) -> SideBySide:
    by_video: dict[str, list[int]] = defaultdict(list)
    for number in samples.in_time():
        by_video[samples.columns["video_id"][number]].append(number)
    sets: list[Gallery] = []
    for video_id in sorted(by_video, key=run.file_name)[:_MAX_VIDEOS]:
        ends = dict.fromkeys((by_video[video_id][0], by_video[video_id][-1]))
        sets += [Gallery(_three(samples, number), run.file_name(video_id)) for number in ends]
    return SideBySide(sets)


def _three(samples: Samples, number: int) -> list[Picture]:
    """Return first, middle and last frame of a sample's reference, or of its first view."""
    record = samples.reader.record(number)
    view = view_of(record) or record["views"][0]
    frames = samples.reader.view(number, view)
    places = (0, len(frames) // 2, len(frames) - 1)
    return [thumbnail(frames[i], width_px=_FRAME_PX, caption=f"frame {view['frames'][i]}") for i in places]
