"""Check that a shard folder is what it says: checksums, index, and labels against the times of their own frames."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

from vqaprep import parquet
from vqaprep.errors import InputError, IntegrityError
from vqaprep.fetch.cache import sha256_of
from vqaprep.labels import relabel
from vqaprep.media.rate import LONGEST_HOLD
from vqaprep.shards.index import INDEX, Entry, entries, row
from vqaprep.shards.write import Mark, numbers, read_mark, tar_path

_ROUNDED = 0.05  # of a tick: times are stored to a microsecond
_DRIFT = 0.02  # of the steps of a clip: a rate that is called constant may change a little within a video


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong: in which tar, in which sample (None: the tar as a whole), and what."""

    shard: str
    key: str | None
    what: str


def verify(folder: Path, *, labels: bool = False) -> list[Problem]:
    """Return all problems of a shard folder; with `labels`, hold each label against the times of the clip's own frames.

    Raises:
        InputError: the folder has no index.
    """
    if not (folder / INDEX).is_file():
        raise InputError(f"{folder} has no {INDEX}; run `vqaprep shard` (again: it resumes)")
    indexed: dict[int, list[dict[str, Any]]] = {}
    for found in parquet.read(folder / INDEX).to_pylist():
        indexed.setdefault(int(Path(found["shard"]).stem), []).append(found)
    tars = set(numbers(folder, ".tar"))
    problems: list[Problem] = []
    for shard in sorted({*tars, *numbers(folder, ".json"), *indexed}):
        if shard not in tars:
            problems.append(Problem(tar_path(folder, shard).name, None, "the tar is missing"))
        else:
            problems += _shard_problems(folder, shard, indexed.get(shard, []), labels=labels)
    return problems


def _shard_problems(folder: Path, shard: int, rows: list[dict[str, Any]], *, labels: bool) -> Iterator[Problem]:
    name = tar_path(folder, shard).name
    mark = read_mark(folder, shard)
    if mark is None:
        yield Problem(name, None, "its commit mark is missing, or says another size")
    elif (found := sha256_of(tar_path(folder, shard))) != mark.sha256:
        yield Problem(name, None, f"sha256 is {found[:12]}, was written as {mark.sha256[:12]}")
    try:
        stored = list(entries(folder, shard))
        told = [row(entry) for entry in stored]
        asked = stored if labels else []
        wrong = [(entry.record["key"], what) for entry in asked for what in label_problems(entry.record)]
    except IntegrityError as error:
        yield Problem(name, None, str(error))
        return
    except (LookupError, TypeError) as error:
        yield Problem(name, None, f"the JSON of a sample is not what it should be: {error!r}")
        return
    yield from _count_problems(name, mark, stored)
    if told != rows:
        yield Problem(name, None, f"{INDEX} does not say where its samples lie, or what they are")
    yield from (Problem(name, key, what) for key, what in wrong)


def label_problems(record: Mapping[str, Any]) -> Iterator[str]:
    """Say which labels of a sample are not what its own frames show, and which views do not belong together."""
    for role, group in groupby(record["views"], key=lambda view: view["role"]):
        views = list(group)
        if any(view[name] != views[0][name] for view in views for name in ("frames", "ticks", "times_s")):
            yield f"the variants of {role} do not share their frames"
        for view in views:
            told = [*_clock_problems(view, record["rate_fps"], is_vfr=record["is_vfr"]), *_speed_problems(view)]
            yield from (f"{view['member']}: {what}" for what in told)


def _clock_problems(view: Mapping[str, Any], rate_fps: float, *, is_vfr: bool) -> Iterator[str]:
    """Say where ticks, of which the labels are made, are not what the times of the frames show."""
    frames, ticks, times_s = view["frames"], view["ticks"], view["times_s"]
    if not len(frames) == len(ticks) == len(times_s):
        yield f"{len(frames)} frames, {len(ticks)} ticks, {len(times_s)} times"
        return
    places = sorted(zip(ticks, frames, times_s, strict=True))
    for (tick, frame, t_s), (next_tick, next_frame, next_s) in pairwise(places):
        steps, num_frames, passed = next_tick - tick, next_frame - frame, (next_s - t_s) * rate_fps
        if num_frames < 0 or passed < -_ROUNDED:
            yield f"later ticks show earlier frames: {next_frame} ({next_s} s) after {frame} ({t_s} s)"
        elif passed > LONGEST_HOLD * num_frames + _ROUNDED:
            yield f"a hole: {next_s - t_s:.3f} s pass from frame {frame} to {next_frame}"
        elif not is_vfr and num_frames != steps:
            yield f"the rate is constant, yet {num_frames} frames pass in {steps} ticks from frame {frame} on"
        elif abs(passed - steps) > (LONGEST_HOLD + 1 if is_vfr else 0.5 + _DRIFT * steps):
            yield f"{next_s - t_s:.3f} s pass from frame {frame} to {next_frame}, but {steps} ticks"


def _speed_problems(view: Mapping[str, Any]) -> Iterator[str]:
    try:
        rates, found = relabel(view["ticks"], view["task"], pool=view["pool"], interval=view["interval"])
    except ValueError as error:
        yield str(error)
        return
    shown = {
        "rate_first": rates.first,
        "rate_second": rates.second,
        "change_index": rates.change_index,
        "speed_class": found.speed_class,
        "localization_class": found.localization_class,
    }
    for name, value in shown.items():
        if view[name] != value:
            yield f"{name} is {view[name]}, the ticks show {value}"


def _count_problems(name: str, mark: Mark | None, stored: list[Entry]) -> Iterator[Problem]:
    if mark is None:
        return
    num_views = sum(len(entry.views_at) for entry in stored)
    if (len(stored), num_views) != (mark.count, mark.num_views):
        yield Problem(name, None, f"holds {len(stored)} samples, was written with {mark.count}")
