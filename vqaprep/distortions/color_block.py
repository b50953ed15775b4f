"""Color block: squares of one color over the picture, as lost blocks of a damaged stream."""

import numpy as np

from vqaprep.distortions import Frames, SourceInfo, distortion


@distortion(
    strengths=(2, 4, 6, 8, 10),
    unit="blocks_per_512x384",
    citation="KADID-10k color block, levels of ARNIQA: squares of 32 px",
    margin_px=32,
)
def color_block(frames: Frames, strength: float, rng: np.random.Generator, source: SourceInfo) -> Frames:
    """Paint `strength` squares of 32 px and random color per 512 x 384 px, the same in all frames."""
    height_px, width_px = frames.shape[1:3]
    size_px = min(_SIZE_PX, height_px, width_px)
    num_blocks = max(round(strength), round(strength * height_px * width_px / (512 * 384)))
    painted = frames.copy()
    # Block by block, so that a higher level paints those of a lower one and more.
    for _ in range(num_blocks):
        y, x = rng.integers(0, (height_px - size_px + 1, width_px - size_px + 1)).tolist()
        painted[:, y : y + size_px, x : x + size_px] = rng.integers(0, 256, 3, np.uint8)
    return painted


_SIZE_PX = 32
