"""What one training example is: which views of a sample a system wants, and its labels.

A views function takes the record of a sample (`shards/record.py`), a way to load view j as uint8
(T, H, W, 3), what the run asks for, and a generator of its own; it returns clips and labels by the
batch keys that models read. It runs in a loader process.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from vqaprep import labels
from vqaprep.distortions import PRESETS
from vqaprep.draws import rng_for
from vqaprep.errors import InputError
from vqaprep.shards.geometry import FRAGMENTS_PX, fragments
from vqaprep.speed_tasks import DRAWN_TASKS, num_classes
from vqaprep.training.settings import Target

Frames = npt.NDArray[np.uint8]
Load = Callable[[int], Frames]
Record = Mapping[str, Any]


@dataclass(frozen=True)
class Ask:
    """What a run wants of its examples; names are sorted, so a label's place is its number.

    `needs` is what a clip must be known by to be learnt from; None takes any that is known by something.
    `classes_first`, `change_jitter` and `same_batch` are settings of `speediness`, `view` is one of `st_vqrl`.
    """

    views: str
    target: Target = "mos"
    classes: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    kinds: tuple[str, ...] = PRESETS["vqa5"]
    task: labels.Task = "fine"
    num_frames: int = 16
    pool: int = 3
    versions: int = 10
    segments: int = 8
    needs: Literal["label", "mos"] | None = None
    classes_first: bool = False
    change_jitter: int = 0
    same_batch: bool = False
    view: Literal["spatial", "temporal"] = "spatial"
    is_training: bool = True


@dataclass(frozen=True)
class Example:
    """Clips by batch key, uint8 (..., T, H, W, 3), and numbers by batch key."""

    clips: dict[str, Frames]
    numbers: dict[str, float | int] = field(default_factory=dict)


def examples_in(record: Record, ask: Ask) -> list[int | None]:
    """Return one entry for each example that a sample gives: the view it is about, or None for all of them."""
    views = record["views"]
    is_clip = ask.views in ("clip", "frames_motion")
    if is_clip and ask.target != "mos":
        return [j for j, view in enumerate(views) if view["measures"].get(ask.target) is not None]
    if is_clip:
        is_known = any(record[name] is not None for name in ((ask.needs,) if ask.needs else ("label", "mos")))
        return [j for j, view in enumerate(views) if _is_reference(view) and view["role"] == "query" and is_known]
    if ask.views == "query_key" and together(ask) > 1:
        return list(range(together(ask)))
    if ask.views == "pairs":
        return [None] if any(view["distortion"] in ask.kinds for view in views) else []
    return [None]


def together(ask: Ask) -> int:
    """Return how many examples of one sample stand in one batch: one of each class of speed, or one alone."""
    return num_classes(ask.task, ask.pool) if ask.same_batch and ask.is_training else 1


def example(record: Record, load: Load, view: int | None, ask: Ask, rng: np.random.Generator) -> Example:
    """Return one example of the sample.

    Raises:
        InputError: no such views, or the shards lack what they need; the message says what to run.
    """
    if ask.views not in _VIEWS:
        raise InputError(f"unknown views {ask.views!r}; known: {', '.join(_VIEWS)}")
    return _VIEWS[ask.views](record, load, view, ask, rng)


def _clip(record: Record, load: Load, view: int | None, ask: Ask, rng: np.random.Generator) -> Example:
    assert view is not None
    numbers: dict[str, float | int] = {}
    found = record["views"][view]
    score = record["mos"] if ask.target == "mos" else found["measures"].get(ask.target)
    if score is not None:
        numbers["mos"] = float(score)
    if record["label"] in ask.classes:  # another data set may have classes that this run does not know
        numbers["label"] = ask.classes.index(record["label"])
    if ask.subjects:
        numbers["subject"] = ask.subjects.index(_subject(record))
    return Example({"clip": load(view)}, numbers)


def _query_key(record: Record, load: Load, view: int | None, ask: Ask, rng: np.random.Generator) -> Example:
    """Return a labelled clip (of class `view`) and, where there is one, a key clip of the same video."""
    query = _only(record, role="query")
    if record["views"][query]["task"] == "window":
        return _fresh_speed(load(query), ask, rng, wanted=view)
    if view is not None:
        raise InputError("same_batch needs every class of a video: cut windows with `vqaprep speed --task window`")
    clips = {"clip": load(query)}
    keys = [j for j, v in enumerate(record["views"]) if v["role"] == "key" and _is_reference(v)]
    if keys:
        clips["key"] = load(keys[0])
    names = ("speed_class", "localization_class")
    found = {name: record["views"][query][name] for name in names}
    return Example(clips, {name: value for name, value in found.items() if value is not None})


def _fresh_speed(window: Frames, ask: Ask, rng: np.random.Generator, *, wanted: int | None) -> Example:
    """Draw speed and place anew from a window of source frames, for the clip (of class `wanted`) and for its key."""
    orders = DRAWN_TASKS[ask.task].orders
    jitter = ask.change_jitter if ask.is_training else 0
    size: dict[str, int] = {"num_frames": ask.num_frames, "pool": ask.pool}
    choices = labels.options(ask.task, order=orders[-1] if ask.classes_first else orders[0], jitter=jitter, **size)
    clips, named = {}, labels.Labels(None, None)
    for name in ("key", "clip"):
        if name == "clip" and wanted is not None:
            choices = {r: p for r, p in choices.items() if labels.label(r, ask.task, **size).speed_class == wanted}
        rates = labels.draw(choices, rng, num_frames=ask.num_frames, length=len(window))
        if rates is None:
            raise InputError(f"windows of {len(window)} frames cannot hold clips of {ask.num_frames}; make longer ones")
        start = int(rng.integers(len(window) - rates.span(ask.num_frames) + 1))
        clips[name] = window[list(rates.ticks(start, ask.num_frames))]
        named = labels.label(rates, ask.task, **size)
    numbers = {"speed_class": named.speed_class, "localization_class": named.localization_class}
    return Example(clips, {name: value for name, value in numbers.items() if value is not None})


def _pairs(record: Record, load: Load, view: int | None, ask: Ask, rng: np.random.Generator) -> Example:
    """Return an original and one of its distorted versions, `scored_view`, at one pace."""
    original = _only(record, role="query")
    damaged = [j for j, v in enumerate(record["views"]) if v["role"] == "query" and v["distortion"] in ask.kinds]
    chosen = damaged[int(rng.integers(len(damaged)))]
    first, second = load(original), load(chosen)
    pace = record["views"][original]["speed_class"]
    if record["views"][original]["task"] == "window":
        pace = int(rng.integers(min(ask.pool, (len(first) - 1) // (ask.num_frames - 1))))
        start = int(rng.integers(len(first) - (ask.num_frames - 1) * (pace + 1)))
        ticks = list(labels.Rates(pace + 1, pace + 1).ticks(start, ask.num_frames))
        first, second = first[ticks], second[ticks]
    if pace is None:
        raise InputError("these clips carry no pace; cut them with `vqaprep speed --task pace` (or window)")
    numbers: dict[str, float | int] = {
        "pace": int(pace),
        "distortion": ask.kinds.index(record["views"][chosen]["distortion"]),
        "scored_view": chosen,
    }
    return Example({"original": first, "distorted": second}, numbers)


def _versions(record: Record, load: Load, view: int | None, ask: Ask, rng: np.random.Generator) -> Example:
    """Return versions (K, 2, T, H, W, 3): two fragment draws, alike for all, of the reference and K - 1 variants.

    The last of them is `scored_view`: an evaluation scores it beside the reference.
    """
    draws: dict[tuple[str, int], list[int]] = {}
    for j, found in enumerate(record["views"]):
        if found["role"] == "query":
            draws.setdefault((found["distortion"], found["level"]), []).append(j)
    kinds = [key for key in draws if key[0] != "none"]
    if len(kinds) + 1 < ask.versions:
        raise InputError(f"{len(kinds) + 1} versions of {record['key']}, {ask.versions} wanted; see `vqaprep distort`")
    picked = rng.choice(len(kinds), ask.versions - 1, replace=False)
    chosen = [("none", 0), *(kinds[i] for i in sorted(picked))]
    seed = int(rng.integers(1 << 32))
    two = _two_times if ask.view == "temporal" else _two
    numbers = {"scored_view": draws[chosen[-1]][0]}
    return Example({"versions": np.stack([two(draws[key], load, seed) for key in chosen])}, dict(numbers))


def _two_draws(record: Record, load: Load, view: int | None, ask: Ask, rng: np.random.Generator) -> Example:
    """Return two fragment draws of a clip, and its score where it has one."""
    draws = [j for j, found in enumerate(record["views"]) if found["role"] == "query" and _is_reference(found)]
    numbers = {"mos": float(record["mos"])} if record["mos"] is not None else {}
    return Example({"draws": _two(draws, load, int(rng.integers(1 << 32)))}, dict(numbers))


def _two(draws: Sequence[int], load: Load, seed: int) -> Frames:
    """Return the two draws of fragments that are stored, or two fresh ones of whole pictures; `seed` decides them."""
    if len(draws) > 1:
        return np.stack([load(j) for j in draws[:2]])
    whole = load(draws[0])
    if whole.shape[1:3] == (FRAGMENTS_PX, FRAGMENTS_PX):
        raise InputError(
            "two fragment draws a clip are needed; make shards with --spatial fragments --fragment-draws 2, "
            "or with --spatial native to draw them anew in each epoch"
        )
    return np.stack([fragments(whole, rng_for(seed, "fragments", draw)) for draw in (0, 1)])


def _two_times(draws: Sequence[int], load: Load, seed: int) -> Frames:
    """Return the first and the second half of a clip, in the same fragments."""
    whole = load(draws[0])
    if whole.shape[1:3] != (FRAGMENTS_PX, FRAGMENTS_PX):
        whole = fragments(whole, rng_for(seed, "fragments", 0))
    half = len(whole) // 2
    return np.stack([whole[:half], whole[half : 2 * half]])


def _frames_motion(record: Record, load: Load, view: int | None, ask: Ask, rng: np.random.Generator) -> Example:
    """Return frames spread over the clip, one drawn in each segment, and the clip they come from."""
    found = _clip(record, load, view, ask, rng)
    clip = found.clips["clip"]
    edges = np.linspace(0, len(clip), ask.segments + 1)
    share = rng.random(ask.segments) if ask.is_training else np.full(ask.segments, 0.5)
    picks = np.minimum((edges[:-1] + share * np.diff(edges)).astype(int), len(clip) - 1)
    return Example({"frames": clip[picks], "motion": clip}, found.numbers)


def _is_reference(view: Mapping[str, Any]) -> bool:
    return bool(view["distortion"] == "none")


def _only(record: Record, *, role: str) -> int:
    """Return the undistorted view of this role."""
    for j, view in enumerate(record["views"]):
        if view["role"] == role and _is_reference(view):
            return j
    raise InputError(f"sample {record['key']} has no undistorted {role} clip")


def _subject(record: Record) -> str:
    return str(record["subject_id"] or record["group_id"] or record["video_id"])


_VIEWS: dict[str, Callable[[Record, Load, int | None, Ask, np.random.Generator], Example]] = {
    "clip": _clip,
    "query_key": _query_key,
    "pairs": _pairs,
    "versions": _versions,
    "semi": _two_draws,
    "frames_motion": _frames_motion,
}
