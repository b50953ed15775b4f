"""Random generators seeded by what they are for, so that draws do not depend on order, worker or engine."""

import hashlib

import numpy as np


def rng_for(seed: int, *names: str | int) -> np.random.Generator:
    """Return the generator of this seed and these names (a video, a window, a purpose)."""
    text = "\x1f".join([str(seed), *map(str, names)])
    return np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big"))
