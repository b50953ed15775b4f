"""Clips of undistorted video, whose statistics SSL-VQA measures distances to (source 002, section 3.5)."""

import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from vqaprep.errors import InputError
from vqaprep.settings.seeds import rng_for
from vqaprep.shards.geometry import grid_places, squares
from vqaprep.shards.read import ShardReader
from vqaprep.training.augment import to_float
from vqaprep.training.systems import System, contract_of

_log = logging.getLogger(__name__)
_DRAWN_CLIPS = 24  # an epoch, as in the code of source 002
_BATCH_CLIPS = 8


class Pristine:
    """The reference views of a shard folder; every process draws the same ones.

    Raises:
        InputError: there are none, or they are smaller than `crop_px`.
    """

    def __init__(self, folder: Path, *, seed: int, crop_px: int | None) -> None:
        self._reader, self._seed, self._crop_px = ShardReader(folder), seed, crop_px
        self._epoch, self._drawn = -1, torch.empty(0)
        if not len(self._reader):
            raise InputError(f"{folder} holds no sample; --pristine needs shards of undistorted video")

    def drawn(self, epoch: int, device: torch.device) -> Tensor:
        """Return the clips of an epoch, float32 (P, 3, T, H, W) in [0, 1]: 24, or all where there are fewer."""
        if epoch != self._epoch:
            rng, total = rng_for(self._seed, "pristine", epoch), len(self._reader)
            # Sorted, so that tars are read front to back.
            picks = sorted(rng.choice(total, min(_DRAWN_CLIPS, total), replace=False).tolist())
            self._epoch, self._drawn = epoch, torch.stack([self._clip(i) for i in picks]).to(device)
        return self._drawn

    @torch.no_grad()
    def fit_all(self, model: System) -> None:
        """Fit the statistics of `model` to all clips, as they are used from then on."""
        model.eval()
        model.fit_pristine(self._batches(next(model.parameters()).device))

    def _batches(self, device: torch.device) -> Iterator[Tensor]:
        for first in range(0, len(self._reader), _BATCH_CLIPS):
            last = min(first + _BATCH_CLIPS, len(self._reader))
            yield torch.stack([self._clip(i) for i in range(first, last)]).to(device)

    def _clip(self, i: int) -> Tensor:
        views = self._reader.record(i)["views"]
        reference = next(view for view in views if view["distortion"] == "none")
        frames = self._reader.view(i, reference)
        if self._crop_px is not None:
            height, width = frames.shape[1:3]
            if min(height, width) < self._crop_px:
                raise InputError(f"pristine clips are {width}x{height} px, under crop_px={self._crop_px}")
            frames = squares(frames, self._crop_px, grid_places(1))[0]  # the square that evaluation sees
        return to_float(torch.from_numpy(np.ascontiguousarray(frames)))


def pristine_for(system: str, folder: Path | None, *, seed: int, crop_px: int | None) -> Pristine | None:
    """Return the pristine clips of a run, if its system uses any.

    Raises:
        InputError: the run has some, and the system has no use for them.
    """
    is_used = contract_of(system).uses_pristine
    if folder is not None and not is_used:
        raise InputError(f"--pristine is of no use here: {system} measures no distance to a corpus; leave it out")
    if folder is None and is_used:
        _log.warning("no --pristine shards: distances are to the standard normal, which says little of quality")
    return None if folder is None else Pristine(folder, seed=seed, crop_px=crop_px)
