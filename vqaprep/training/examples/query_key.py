"""A clip with its speed labels, and a key clip of the same video to contrast it with (source 003)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from vqaprep.errors import InputError
from vqaprep.speeds import labels, tasks
from vqaprep.speeds.tasks import num_classes, place_name, speed_name
from vqaprep.training.augment import Augment, augment
from vqaprep.training.examples._kind import Example, Frames, Kind, Load, Record, is_reference, reference_view


@dataclass(frozen=True, kw_only=True)
class QueryKey(Kind):
    """Batch keys `clip` and, where there is one, `key`; numbers `speed_class` and `localization_class`.

    From stored windows, both clips are drawn anew in each epoch. Then `classes_first` draws the class of speed
    before the place of change, `change_jitter` moves a `coarse` change by up to so many frames, and `same_batch`
    puts each class of a video into one batch. `reverse` plays half of the windows backwards in training, before speeds
    are drawn, so labels need no change.
    """

    task: str = "fine"
    pool: int = 3
    classes_first: bool = False
    change_jitter: int = 0
    same_batch: bool = False
    reverse: bool = False

    # A crop and colours like the query's would give the key away.
    key_clips = frozenset({"key"})

    @property
    def together(self) -> int:
        """How many examples of one sample one batch holds: one of each class of speed, or one alone."""
        return num_classes(self.task, self.pool) if self.same_batch and self.is_training else 1

    def examples_in(self, record: Record) -> list[int | None]:
        """Return the numbers of the classes of speed where each is wanted, else one example for the sample."""
        return list(range(self.together)) if self.together > 1 else [None]

    def example(self, record: Record, load: Load, view: int | None, rng: np.random.Generator) -> Example:
        """Return a labelled clip (of class `view`) and, where there is one, a key clip of the same video."""
        query = reference_view(record, role="query")
        if record["views"][query]["task"] == "window":
            return self._drawn(load(query), rng, wanted=view)
        if view is not None:
            raise InputError("same_batch needs every class of a video: cut windows with `vqaprep speed --task window`")
        clips = {"clip": load(query)}
        keys = [j for j, other in enumerate(record["views"]) if other["role"] == "key" and is_reference(other)]
        if keys:
            clips["key"] = load(keys[0])
        numbers = {name: record["views"][query][name] for name in ("speed_class", "localization_class")}
        return Example(clips, {name: value for name, value in numbers.items() if value is not None})

    def augmented(self, name: str, clip: Tensor, draws: Tensor, augment_by: Augment) -> Tensor:
        """Change the query and the key each by draws of its own."""
        return augment(clip, draws[:, 1 if name in self.key_clips else 0], augment_by)

    def class_names(self, label: str, num_classes: int) -> Sequence[str]:
        """Return the names of the classes of speed, or of the places of change."""
        if label == "speed_class":
            return [speed_name(self.task, self.pool, number) for number in range(num_classes)]
        if label == "localization_class":
            return [place_name(self.num_frames, number) for number in range(num_classes)]
        return ()

    def _drawn(self, window: Frames, rng: np.random.Generator, *, wanted: int | None) -> Example:
        """Draw speed and place anew from a window of source frames, for the clip (of class `wanted`) and its key."""
        task = tasks.get(self.task)
        jitter = self.change_jitter if self.is_training else 0
        size: dict[str, int] = {"num_frames": self.num_frames, "pool": self.pool}
        order = task.orders[-1] if self.classes_first else task.orders[0]
        choices = task.options(self.num_frames, self.pool, order, jitter)
        if self.reverse and self.is_training and rng.random() < 0.5:
            window = window[::-1]
        clips, named = dict[str, Frames](), labels.Labels(None, None)
        # The key is drawn first, from all classes; `named` then keeps the labels of the clip, which is drawn last.
        for name in ("key", "clip"):
            if name == "clip" and wanted is not None:
                choices = {r: p for r, p in choices.items() if tasks.label(r, self.task, **size).speed_class == wanted}
            rates = labels.draw(choices, rng, num_frames=self.num_frames, length=len(window))
            if rates is None:
                raise InputError(
                    f"windows of {len(window)} frames cannot hold clips of {self.num_frames}; make longer ones"
                )
            # `integers` excludes its end, and a clip of `span` frames may start at the last frame that leaves room.
            start = int(rng.integers(len(window) - rates.span(self.num_frames) + 1))
            clips[name] = window[list(rates.ticks(start, self.num_frames))]
            named = tasks.label(rates, self.task, **size)
        numbers: dict[str, Any] = {
            "speed_class": named.speed_class,
            "localization_class": named.localization_class,
        }
        return Example(clips, {name: value for name, value in numbers.items() if value is not None})
