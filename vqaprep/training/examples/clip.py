"""One undistorted clip with its class, its opinion score and the number of its subject."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, Self

import numpy as np
from torch import Tensor

from vqaprep.training.augment import Augment, augment
from vqaprep.training.examples._kind import Example, Kind, Load, Record, is_reference
from vqaprep.training.settings import SCORES


@dataclass(frozen=True, kw_only=True)
class Clip(Kind):
    """Batch key `clip`; numbers `label`, `mos` and `subject` where they are known.

    With a measure as `target`, each view that was measured is an example, and `mos` is its measure.
    """

    target: str = SCORES
    needs: Literal["label", "mos"] | None = None
    classes: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()

    def for_evaluation(self) -> Self:
        """Also take clips without the label: their predictions can be listed."""
        return replace(super().for_evaluation(), needs=None)

    def examples_in(self, record: Record) -> list[int | None]:
        """Return the undistorted query clips that have what is needed, or all views that have the measure."""
        views = record["views"]
        if self.target != SCORES:
            return [j for j, view in enumerate(views) if view["measures"].get(self.target) is not None]
        is_known = any(record[name] is not None for name in ((self.needs,) if self.needs else ("label", "mos")))
        return [j for j, view in enumerate(views) if is_reference(view) and view["role"] == "query" and is_known]

    def example(self, record: Record, load: Load, view: int | None, rng: np.random.Generator) -> Example:
        """Return the clip and its labels."""
        assert view is not None
        numbers: dict[str, float | int] = {}
        score = record["mos"] if self.target == SCORES else record["views"][view]["measures"].get(self.target)
        if score is not None:
            numbers["mos"] = float(score)
        if record["label"] in self.classes:  # another data set may have classes that this run does not know
            numbers["label"] = self.classes.index(record["label"])
        if self.subjects:
            numbers["subject"] = self.subjects.index(_subject(record))
        return Example({"clip": load(view)}, numbers)

    def augmented(self, name: str, clip: Tensor, draws: Tensor, augment_by: Augment) -> Tensor:
        """Change each clip by its own draws."""
        return augment(clip, draws[:, 0], augment_by)

    def class_names(self, label: str, num_classes: int) -> Sequence[str]:
        """Return the classes of `label`."""
        return self.classes if label == "label" else ()

    def remedy(self) -> str:
        """Name the missing label, and how to add it."""
        if self.target != SCORES:
            return f"`vqaprep shard --measure {self.target}`"
        missing = {"label": "a label", "mos": "a score, or --target vmaf"}.get(self.needs or "", "a score or a label")
        return f"{missing} (`vqaprep scan --labels`)"


def _subject(record: Record) -> str:
    return str(record["subject_id"] or record["group_id"] or record["video_id"])
