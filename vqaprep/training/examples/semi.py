"""Two draws of a clip with a score, and two draws of a clip without one (source 002, section 4)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from vqaprep.shards.read import ShardReader
from vqaprep.training.examples._kind import Example, Frames, Kind, Load, Record, is_reference
from vqaprep.training.examples._two_draws import two_fragments


@dataclass(frozen=True, kw_only=True)
class Semi(Kind):
    """Batch keys `labelled` and `unlabelled` (B, 2, 3, T, H, W); number `mos` of the labelled clip."""

    def samples(self, reader: ShardReader) -> Sequence[int]:
        """Return the samples with a score: an epoch shows each of these once."""
        return [i for i, score in enumerate(reader.column("mos")) if score is not None]

    def partners(self, reader: ShardReader) -> Sequence[int]:
        """Return the samples without a score, or all where each has one."""
        scores = reader.column("mos")
        # With scores everywhere, any clip serves as one without: its score is not read.
        return [i for i, score in enumerate(scores) if score is None] or range(len(scores))

    def example(self, record: Record, load: Load, view: int | None, rng: np.random.Generator) -> Example:
        """Return two fragment draws of the undistorted clip, and its score where it has one."""
        views = [j for j, v in enumerate(record["views"]) if v["role"] == "query" and is_reference(v)]
        numbers: dict[str, float | int] = {"mos": float(record["mos"])} if record["mos"] is not None else {}
        return Example({"draws": two_fragments(views, load, int(rng.integers(1 << 32)))}, numbers)

    def with_partner(
        self, example: Example, draw: Callable[[int], Example], partners: Sequence[int], rng: np.random.Generator
    ) -> Example:
        """Return a labelled clip beside one without a score, drawn anew each time (the paper cycles them)."""
        other = draw(partners[int(rng.integers(len(partners)))])
        return Example({"labelled": example.clips["draws"], "unlabelled": other.clips["draws"]}, example.numbers)

    def inputs(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Give the first draw of the labelled clip as `clip`."""
        return batch | {"clip": batch["labelled"][:, 0]}

    def predicted_frames(self, raw: Mapping[str, Tensor], i: int) -> Frames:
        """Return the first draw of the labelled clip."""
        return raw["labelled"][i, :, 0].numpy()

    def remedy(self) -> str:
        """Name the missing scores."""
        return "a score, or --target vmaf (`vqaprep scan --labels`)"
