"""Non-eccentricity patch: small pieces of the picture stand a little beside their place."""

import numpy as np

from vqaprep.distortions import Frames, SourceInfo, distortion


@distortion(
    strengths=(20, 40, 80, 160, 320),
    unit="patches_per_512x384",
    citation="KADID-10k non-eccentricity patch; ARNIQA's 20 and 40 are levels 1 and 2, the others are ours",
    margin_px=32,
)
def patch_shift(frames: Frames, strength: float, rng: np.random.Generator, source: SourceInfo) -> Frames:
    """Copy `strength` patches of 16 px per 512 x 384 px up to 16 px away, the same in all frames."""
    height_px, width_px = frames.shape[1:3]
    size_px = min(_SIZE_PX, height_px, width_px)
    num_patches = max(1, round(strength * height_px * width_px / (512 * 384)))
    last = height_px - size_px, width_px - size_px
    # One row of draws per patch, so that a higher level moves the patches of a lower one and more.
    low, high = (0, 0, -_FAR_PX, -_FAR_PX), (last[0] + 1, last[1] + 1, _FAR_PX + 1, _FAR_PX + 1)
    drawn = rng.integers(low, high, (num_patches, 4))
    places, targets = drawn[:, :2], (drawn[:, :2] + drawn[:, 2:]).clip(0, last)
    moved = frames.copy()
    for (y, x), (to_y, to_x) in zip(places.tolist(), targets.tolist(), strict=True):
        # Copied from what came in: a patch is not moved twice.
        moved[:, to_y : to_y + size_px, to_x : to_x + size_px] = frames[:, y : y + size_px, x : x + size_px]
    return moved


_SIZE_PX, _FAR_PX = 16, 16
