"""What is cut out of each video: the crop's own contact sheets, and clips as they lie in the tars."""

from collections import defaultdict
from itertools import chain

from vqaprep.report.blocks import Gallery, Picture, Section
from vqaprep.report.gather import Run
from vqaprep.report.images import from_file, thumbnail
from vqaprep.report.samples import Samples, shard_folders, view_of

_MAX_SHEETS, _MAX_VIDEOS, _CLIPS_A_VIDEO = 24, 24, 2
_SHEET_PX, _FRAME_PX = 720, 112


def crops(run: Run) -> Section | None:
    """Return the sheets of `previews/`, and first, middle and last frame of clips of each video."""
    blocks = [found for found in (_sheets(run), *(_clips(run, samples) for samples in shard_folders(run))) if found]
    lead = "Is it the right person, wholly in the picture, from the first clip to the last? Pictures may show faces."
    return Section("crops", "What was cut out", lead, blocks) if blocks else None


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
    return run.file_name(stem) if stem in run.sources else stem


def _clips(run: Run, samples: Samples) -> Gallery:
    by_video: dict[str, list[int]] = defaultdict(list)
    for number in samples.in_time():
        by_video[samples.columns["video_id"][number]].append(number)
    pictures: list[Picture] = []
    for video_id in sorted(by_video, key=run.file_name)[:_MAX_VIDEOS]:
        numbers = by_video[video_id]
        for number in sorted({numbers[0], numbers[-1]}, key=numbers.index)[:_CLIPS_A_VIDEO]:
            pictures += _three(samples, number, run.file_name(video_id))
    title = f"Clips in the tars: first, middle and last frame, two clips a video ({samples.folder.name})"
    return Gallery(pictures, title)


def _three(samples: Samples, number: int, name: str) -> list[Picture]:
    view = view_of(samples.reader.record(number))
    if view is None:
        return []
    frames = samples.reader.view(number, view)
    places = (0, len(frames) // 2, len(frames) - 1)
    return [thumbnail(frames[i], width_px=_FRAME_PX, caption=f"{name}, frame {view['frames'][i]}") for i in places]
