"""Check a shard folder: checksums, index, and labels against the times of their own frames."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any, BinaryIO

from zstandard import ZstdError

from vqaprep.errors import IntegrityError, VqaprepError
from vqaprep.media.rate import LONGEST_HOLD
from vqaprep.packages.cache import sha256_of
from vqaprep.shards.codecs import announced, decode, extension_of
from vqaprep.shards.headers import HEAD_BYTES
from vqaprep.shards.index import INDEX, Entry, check_index, entries, read_index, row
from vqaprep.shards.write import Mark, numbers, read_mark, tar_path
from vqaprep.speeds.tasks import relabel

_ROUNDED = 0.05  # of a tick: times are stored to a microsecond
_DRIFT = 0.02  # of the steps of a clip: a rate that is called constant may change a little within a video


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong: in which tar, in which sample (None: the tar as a whole), and what."""

    shard: str
    key: str | None
    what: str


def verify(folder: Path, *, labels: bool = False) -> list[Problem]:
    """Return all problems of a shard folder. Whatever is wrong with its files is a problem, never an exception.

    Each member is compared with the record of its sample: by its own header, and decoded in full with `labels`, which
    also compares each label with the times of the clip's own frames.

    Raises:
        InputError: the folder has no index.
        StorageError: the store fails; that says nothing of the shards.
    """
    problems: list[Problem] = []
    indexed: dict[int, list[dict[str, Any]]] = {}
    try:
        table = read_index(folder)
        check_index(table)
        for found in table.to_pylist():
            indexed.setdefault(int(Path(found["shard"]).stem), []).append(found)
    except IntegrityError as error:
        problems.append(Problem(INDEX, None, str(error)))
    tars = set(numbers(folder, ".tar"))
    for shard in sorted({*tars, *numbers(folder, ".json"), *indexed}):
        name = tar_path(folder, shard).name
        if shard not in tars:
            problems.append(Problem(name, None, "the tar is missing"))
            continue
        try:
            found = None if problems and problems[0].shard == INDEX else indexed.get(shard, [])
            problems += _shard_problems(folder, shard, found, labels=labels)
        except VqaprepError as error:
            if not isinstance(error, IntegrityError):
                raise
            problems.append(Problem(name, None, str(error)))
        except Exception as error:  # noqa: BLE001  nobody can list what damaged bytes make libraries raise
            problems.append(Problem(name, None, f"it cannot be read: {type(error).__name__}: {error}"))
    return problems


def _shard_problems(folder: Path, shard: int, rows: list[dict[str, Any]] | None, *, labels: bool) -> Iterator[Problem]:
    path = tar_path(folder, shard)
    mark = read_mark(folder, shard)
    if mark is None:
        yield Problem(path.name, None, "its commit mark is missing, or says another size")
    elif (found := sha256_of(path)) != mark.sha256:
        yield Problem(path.name, None, f"sha256 is {found[:12]}, was written as {mark.sha256[:12]}")
    stored = list(entries(folder, shard))
    yield from _count_problems(path.name, mark, stored)
    if rows is not None and [row(entry) for entry in stored] != rows:
        yield Problem(path.name, None, f"{INDEX} does not say where its samples lie, or what they are")
    with path.open("rb") as file:
        for entry in stored:
            key = entry.record["key"]
            yield from (Problem(path.name, key, what) for what in _member_problems(file, entry, is_decoded=labels))
            yield from (Problem(path.name, key, what) for what in (label_problems(entry.record) if labels else ()))


def _member_problems(file: BinaryIO, entry: Entry, *, is_decoded: bool) -> Iterator[str]:
    """Say which members of a sample are not what its record says."""
    for view, (offset, size) in zip(entry.record["views"], entry.views_at, strict=True):
        how = {"num_frames": len(view["frames"]), "shape": view.get("shape")}
        extension = extension_of(view["member"])
        file.seek(offset)
        data = memoryview(file.read(size if is_decoded else min(size, HEAD_BYTES)))
        try:
            if is_decoded:
                decode(data, extension, **how)
            else:
                announced(data, size, extension, **how)
        except (IntegrityError, ValueError, ZstdError) as error:
            yield f"{view['member']}: {error}"


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
