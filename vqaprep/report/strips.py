"""Clips as film strips that show changes of speed, with their labels."""

from collections import Counter, defaultdict
from typing import Any

import numpy as np

from vqaprep.report.blocks import Section, Strip
from vqaprep.report.gather import Run
from vqaprep.report.images import thumbnail
from vqaprep.report.samples import Samples, shard_folders, view_of
from vqaprep.speeds.tasks import place_name, speed_name

_MAX_STRIPS, _MAX_FRAMES, _FRAME_PX = 10, 16, 96


def strips(run: Run) -> Section | None:
    """Return a strip for each kind of speed change, of the first sample that has it."""
    blocks = [_strip(run, s, number) for s in shard_folders(run) for number in _choose(s)]
    lead = "Under each picture: its frame in the source video. The line is where the speed changes."
    drawn = [block for block in blocks if block is not None]
    return Section("strips", "Clips and their speeds", lead, drawn) if drawn else None


def _choose(samples: Samples) -> list[int]:
    """Return one sample of each pair of rates, taken from the videos in turn."""
    by_rates: dict[tuple[int, int], list[int]] = defaultdict(list)
    for number in samples.in_time():
        by_rates[samples.columns["rate_first"][number], samples.columns["rate_second"][number]].append(number)
    used: Counter[str] = Counter()
    chosen: list[int] = []
    for rates in sorted(by_rates)[:_MAX_STRIPS]:
        chosen.append(min(by_rates[rates], key=lambda n: used[samples.columns["video_id"][n]]))
        used[samples.columns["video_id"][chosen[-1]]] += 1
    return chosen


def _strip(run: Run, samples: Samples, number: int) -> Strip | None:
    record = samples.reader.record(number)
    view = view_of(record)
    if view is None:
        return None
    frames = samples.reader.view(number, view)
    change = view["change_index"]
    places = _places(len(frames), change)
    pictures = [thumbnail(frames[i], width_px=_FRAME_PX, caption=str(view["frames"][i])) for i in places]
    return Strip(
        run.file_name(record["video_id"]), _tags(view), pictures, places.index(change) if change in places else None
    )


def _places(num_frames: int, change: int | None) -> list[int]:
    """Return at most 16 places, spread evenly, with that of the change among them."""
    places = np.linspace(0, num_frames - 1, min(num_frames, _MAX_FRAMES)).round().astype(int).tolist()
    if change is not None and change not in places:
        places[int(np.argmin([abs(p - change) for p in places]))] = change
    return sorted(set(places))


def _tags(view: dict[str, Any]) -> list[str]:
    task, first, second = view["task"], view["rate_first"], view["rate_second"]
    if first == second:
        tags = [f"speed {first}, constant"]
    else:
        tags = [f"speed {first} then {second}", f"changes at frame {view['change_index']} of {len(view['frames'])}"]
    if view["speed_class"] is not None:
        tags.append(f"class {view['speed_class']} ({speed_name(task, view['pool'], view['speed_class'])})")
    if view["localization_class"] is not None:
        place = place_name(len(view["frames"]), view["localization_class"])
        tags.append(f"localization {view['localization_class']} ({place})")
    return [*tags, f"interval {view['interval']}", f"motion {view['motion']:.2f}"]
