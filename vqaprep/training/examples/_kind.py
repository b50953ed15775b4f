"""The base class of all kinds of example.

Shapes: B batch, K crops, T frames, H W pixels. Clips are uint8 (..., T, H, W, 3) until `to_model` makes them float.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
from torch import Tensor

from vqaprep.errors import InputError
from vqaprep.shards.read import ShardReader
from vqaprep.speeds import tasks
from vqaprep.training.augment import Augment
from vqaprep.training.settings import SCORES

Frames = npt.NDArray[np.uint8]
Load = Callable[[int], Frames]
"""Return the frames of a view, by its number in the record."""
Record = Mapping[str, Any]
"""The `KEY.json` of a sample, see `vqaprep.shards.record`."""


@dataclass(frozen=True)
class Example:
    """Clips by batch key, uint8 (..., T, H, W, 3), and numbers by batch key."""

    clips: dict[str, Frames]
    numbers: dict[str, float | int] = field(default_factory=dict)


@dataclass(frozen=True)
class DataFacts:
    """What the shards and the options of a run say of its examples; a kind takes the fields it has.

    `classes` and `subjects` are sorted, so the place of a name is its number. `needs` is the label that a clip must
    have; None accepts a class or a score. `pool` is the number of playback speeds of the clips.
    """

    target: str = SCORES
    needs: Literal["label", "mos"] | None = None
    classes: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    pool: int = 3


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of example. A subclass is a frozen dataclass whose fields are what it must know to make examples.

    A new kind is one file: it defines `example`, and replaces what is otherwise different from one plain clip.
    """

    num_frames: int = 16
    is_training: bool = True

    num_crops: ClassVar[int] = 1
    """How many squares are cut of each clip in training."""
    stacks_crops: ClassVar[bool] = False
    """Whether clips keep a dimension in front for their crops, also where there is one."""
    key_clips: ClassVar[frozenset[str]] = frozenset()
    """Batch keys whose crop and augmentation are drawn apart from those of the other clips."""

    @classmethod
    def of(cls, settings: Any, facts: DataFacts) -> Self:
        """Return the kind as a system with these settings and the data want it; the system's settings win."""
        wanted = {one.name for one in dataclasses.fields(cls)}
        given = {one.name for one in dataclasses.fields(settings)} & wanted
        known = {one.name for one in dataclasses.fields(facts)} & wanted
        return cls(**{name: getattr(facts, name) for name in known} | {name: getattr(settings, name) for name in given})

    @classmethod
    def sizes(cls, first_view: Mapping[str, Any], settings: Any) -> dict[str, Any]:
        """Return the settings of a system that the first view of its shards decides."""
        num_frames = len(first_view["frames"])
        if first_view["task"] in tasks.names():
            return {"task": first_view["task"], "pool": first_view["pool"], "num_frames": num_frames}
        # A window is longer than the clips that are drawn from it, so it decides no length.
        return {"num_frames": num_frames} if first_view["task"] == "none" else {}

    @property
    def together(self) -> int:
        """How many examples of one sample one batch holds."""
        return 1

    def for_evaluation(self) -> Self:
        """Return the same kind without what is only drawn or required in training."""
        return dataclasses.replace(self, is_training=False)

    def samples(self, reader: ShardReader) -> Sequence[int]:
        """Return the samples that give examples, before their records are read."""
        return range(len(reader))

    def partners(self, reader: ShardReader) -> Sequence[int]:
        """Return the samples of which `with_partner` may draw one."""
        return ()

    def examples_in(self, record: Record) -> list[int | None]:
        """Return one entry for each example that a sample gives: the view it is about, or None for all of them."""
        return [None]

    def example(self, record: Record, load: Load, view: int | None, rng: np.random.Generator) -> Example:
        """Return one example of the sample; `view` is an entry of `examples_in`.

        Raises:
            InputError: the shards lack what it needs; the message says what to run.
        """
        raise NotImplementedError

    def with_partner(
        self, example: Example, draw: Callable[[int], Example], partners: Sequence[int], rng: np.random.Generator
    ) -> Example:
        """Return the example joined with one of another sample, which `draw` makes; here as it is."""
        return example

    def augmented(self, name: str, clip: Tensor, draws: Tensor, augment: Augment) -> Tensor:
        """Return float clips (B, ...) of one batch key, changed by `draws` (B, crops, numbers); here as they are."""
        return clip

    def finished(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return a batch of float clips as the systems read it."""
        return batch

    def inputs(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return a batch with the clip that `predict` reads as `clip`, and as `reference` what it is compared with."""
        return batch

    def predicted_frames(self, raw: Mapping[str, Tensor], i: int) -> Frames:
        """Return the frames of example `i` that `inputs` gives as `clip`: uint8 (K, T, H, W, 3)."""
        return raw["clip"][i].numpy()

    def class_names(self, label: str, num_classes: int) -> Sequence[str]:
        """Return what the classes of a label are called, by number; nothing where this kind does not know."""
        return ()

    def remedy(self) -> str:
        """Return what shards need for this kind, and the command that adds it."""
        return "samples with clips (`vqaprep speed`)"


def is_reference(view: Mapping[str, Any]) -> bool:
    """Whether a view is undistorted."""
    return bool(view["distortion"] == "none")


def reference_view(record: Record, *, role: str) -> int:
    """Return the number of the undistorted view of a role.

    Raises:
        InputError: the sample has none.
    """
    for number, view in enumerate(record["views"]):
        if view["role"] == role and is_reference(view):
            return number
    raise InputError(f"sample {record['key']} has no undistorted {role} clip")
