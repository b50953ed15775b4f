"""Versions of one scene, the original and distorted ones, each in two draws (source 002, section 3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from torch import Tensor

from vqaprep.errors import InputError
from vqaprep.training.examples._kind import Example, Frames, Kind, Load, Record
from vqaprep.training.examples._two_draws import two_fragments, two_halves


@dataclass(frozen=True, kw_only=True)
class Versions(Kind):
    """Batch key `versions` (B, num_versions, 2, 3, T, H, W), the original first; number `scored_view`.

    The two draws of a version differ by their fragments (`spatial`) or by their frames (`temporal`: halves of
    clips of twice as many frames).
    """

    num_versions: int = 10
    view: Literal["spatial", "temporal"] = "spatial"

    @classmethod
    def sizes(cls, first_view: Mapping[str, Any], settings: Any) -> dict[str, Any]:
        """Return the settings that the data decide; draws that differ in time are halves of a stored clip."""
        halved = {"num_frames": len(first_view["frames"]) // 2} if settings.view == "temporal" else {}
        return super().sizes(first_view, settings) | halved

    def example(self, record: Record, load: Load, view: int | None, rng: np.random.Generator) -> Example:
        """Return the original and `num_versions` - 1 drawn variants, all with the same two draws.

        The last of them is `scored_view`: an evaluation scores it beside the reference.
        """
        draws: dict[tuple[str, int], list[int]] = {}
        for j, stored in enumerate(record["views"]):
            if stored["role"] == "query":
                draws.setdefault((stored["distortion"], stored["level"]), []).append(j)
        variants = [variant for variant in draws if variant[0] != "none"]
        if len(variants) + 1 < self.num_versions:
            raise InputError(
                f"{len(variants) + 1} versions of {record['key']}, {self.num_versions} wanted; see `vqaprep distort`"
            )
        picked = rng.choice(len(variants), self.num_versions - 1, replace=False)
        chosen = [("none", 0), *(variants[i] for i in sorted(picked))]
        seed = int(rng.integers(1 << 32))  # one seed for all versions, so that they are cut alike
        two = two_halves if self.view == "temporal" else two_fragments
        versions = np.stack([two(draws[variant], load, seed) for variant in chosen])
        return Example({"versions": versions}, {"scored_view": draws[chosen[-1]][0]})

    def inputs(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Give the first draw of the last version as `clip`, and that of the original as `reference`."""
        return batch | {"clip": batch["versions"][:, -1, 0], "reference": batch["versions"][:, 0, 0]}

    def predicted_frames(self, raw: Mapping[str, Tensor], i: int) -> Frames:
        """Return the first draw of the last version."""
        return raw["versions"][i, :, -1, 0].numpy()
