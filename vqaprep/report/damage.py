"""Each distortion beside its original: the same frame, at full size, with level and measures."""

from collections import defaultdict
from typing import Any

import cv2
import numpy as np

from vqaprep import distortions, measures
from vqaprep.report.blocks import Gallery, Picture, Section, SideBySide, Table
from vqaprep.report.gather import Run
from vqaprep.report.images import Frames, exact
from vqaprep.report.samples import Samples, shard_folders, view_of

_CROP_PX, _SHOWN_PX = 192, 256
_MEASURED_SAMPLES = 400

Variant = tuple[str, int]


def damage(run: Run) -> Section | None:
    """Return galleries of original and damaged crops, a gallery a distortion, and mean measures."""
    blocks: list[Any] = []
    for samples in shard_folders(run):
        if galleries := [_gallery(run, samples, *chosen) for chosen in _choose(samples)]:
            blocks.append(SideBySide(galleries))
        blocks += _measures(samples)
    lead = (
        "The place of the frame that changed most, pixel for pixel. Original first; the frame is the one that "
        "differs most, as some distortions act in time only."
    )
    return Section("damage", "Distortions beside their originals", lead, blocks) if blocks else None


def _choose(samples: Samples) -> list[tuple[int, list[Variant]]]:
    """Return samples and the variants to show of each, so that every distortion and level is shown once."""
    held: dict[Variant, list[int]] = defaultdict(list)
    for number, views in enumerate(zip(samples.columns["distortions"], samples.columns["levels"], strict=True)):
        for variant in zip(*views, strict=True):
            if variant[0] != "none":
                held[variant].append(number)
    chosen: dict[tuple[str, int], list[Variant]] = defaultdict(list)
    for name in sorted({name for name, _ in held}):
        waiting = {variant for variant in held if variant[0] == name}
        while waiting:
            cover: dict[int, set[Variant]] = defaultdict(set)
            for variant in waiting:
                for number in held[variant]:
                    cover[number].add(variant)
            best = min(cover, key=lambda n: (-len(cover[n]), n))
            chosen[name, best] = sorted(cover[best])
            waiting -= cover[best]
    return [(number, variants) for (_, number), variants in chosen.items()]


def _gallery(run: Run, samples: Samples, number: int, variants: list[Variant]) -> Gallery:
    record = samples.reader.record(number)
    original = view_of(record)
    described = [view for variant in variants if (view := view_of(record, *variant)) is not None]
    damaged = [samples.reader.view(number, view) for view in described]
    reference = samples.reader.view(number, original) if original is not None else damaged[-1]
    place, (top, left) = _worst(reference, damaged[-1])
    side = min(_CROP_PX, *reference.shape[1:3])
    zoom = max(1, _SHOWN_PX // side)
    cut = (place, slice(top, top + side), slice(left, left + side))
    pictures: list[Picture] = []
    if original is not None:
        pictures.append(exact(reference[cut], zoom=zoom, caption="original"))
    pictures += [
        exact(frames[cut], zoom=zoom, caption=_caption(view)) for view, frames in zip(described, damaged, strict=True)
    ]
    name = run.file_name(record["video_id"])
    title = f"{variants[0][0]}: {name}, frame {described[-1]['frames'][place]}, at {zoom * 100} %"
    return Gallery(pictures, title)


def _worst(reference: Frames, damaged: Frames) -> tuple[int, tuple[int, int]]:
    """Return the frame that differs most, and top and left of the square in it that does."""
    difference = np.abs(reference.astype(np.int16) - damaged).mean(axis=3, dtype=np.float32)
    place = int(difference.mean(axis=(1, 2)).argmax())
    side = min(_CROP_PX, *reference.shape[1:3])
    sums = cv2.boxFilter(difference[place], -1, (side, side), anchor=(0, 0), borderType=cv2.BORDER_CONSTANT)
    inside = sums[: reference.shape[1] - side + 1, : reference.shape[2] - side + 1]
    top, left = np.unravel_index(int(inside.argmax()), inside.shape)
    return place, (int(top), int(left))


def _caption(view: dict[str, Any]) -> str:
    values = [_measured(name, value) for name, value in view["measures"].items() if value is not None]
    return ", ".join([f"level {view['level']}{_strength(view)}", *values])


def _measured(name: str, value: float) -> str:
    """Return a measure and its value in words; of another version's measure, the name and three digits."""
    if name == "jpeg_psnr":
        return f"codec {value:.1f} dB"
    return measures.get(name).as_text(value) if name in measures.names() else f"{name} {value:.3g}"


def _strength(view: dict[str, Any]) -> str:
    """Return the strength behind a level, where this version knows the distortion."""
    if "+" in view["distortion"] or view["distortion"] not in distortions.names():
        return ""
    kind = distortions.get(view["distortion"])
    if not 1 <= view["level"] <= len(kind.strengths):
        return ""
    strength = kind.strengths[view["level"] - 1]
    strength_text = f"{strength:.4g}" if isinstance(strength, int | float) else str(strength)
    return f" ({kind.unit.replace('_', ' ')} {strength_text})"


def _measures(samples: Samples) -> list[Table]:
    """Return the mean of each measure by distortion and level, over the first samples of the tars."""
    values: dict[Variant, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    num = min(_MEASURED_SAMPLES, len(samples.reader))
    for number in range(num):
        for view in samples.reader.record(number)["views"]:
            for name, value in view["measures"].items():
                if value is not None and view["distortion"] != "none":
                    values[view["distortion"], view["level"]][name].append(value)
    names = sorted({name for found in values.values() for name in found})
    rows = [
        [*variant, max(map(len, found.values())), *(float(np.mean(found[n])) if found[n] else None for n in names)]
        for variant, found in sorted(values.items())
    ]
    columns = ("distortion", "level", "views", *(f"mean {name.upper().replace('_', ' ')}" for name in names))
    return [Table(columns, rows, f"Mean measures over the first {num:,} samples", is_folded=True)] if rows else []
