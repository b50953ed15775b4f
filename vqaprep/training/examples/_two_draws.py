"""Two draws of one clip: other fragments of the same frames, or other frames in the same fragments (source 002)."""

from collections.abc import Sequence

import numpy as np

from vqaprep.errors import InputError
from vqaprep.settings.seeds import rng_for
from vqaprep.shards.geometry import FRAGMENTS_PX, fragments
from vqaprep.training.examples._kind import Frames, Load


def two_fragments(views: Sequence[int], load: Load, seed: int) -> Frames:
    """Return both draws of fragments that are stored, or two fresh ones of whole pictures: (2, T, H, W, 3).

    `seed` decides the fragments, so that views with one seed are cut alike.

    Raises:
        InputError: one draw alone is stored.
    """
    if len(views) > 1:
        return np.stack([load(j) for j in views[:2]])
    whole = load(views[0])
    if whole.shape[1:3] == (FRAGMENTS_PX, FRAGMENTS_PX):
        raise InputError(
            "two fragment draws a clip are needed; make shards with --spatial fragments --fragment-draws 2, "
            "or with --spatial native to draw them anew in each epoch"
        )
    return np.stack([fragments(whole, rng_for(seed, "fragments", draw)) for draw in (0, 1)])


def two_halves(views: Sequence[int], load: Load, seed: int) -> Frames:
    """Return the first and the second half of a clip in the same fragments: (2, T / 2, H, W, 3)."""
    whole = load(views[0])
    if whole.shape[1:3] != (FRAGMENTS_PX, FRAGMENTS_PX):
        whole = fragments(whole, rng_for(seed, "fragments", 0))
    half = len(whole) // 2
    return np.stack([whole[:half], whole[half : 2 * half]])
