"""Camera shake: a hand-held camera that nothing steadies."""

import cv2
import numpy as np

from vqaprep.distortions import Frames, SourceInfo, distortion


@distortion(
    strengths=(0.25, 0.5, 1),
    unit="step_sigma_px",
    citation="shaky capture as in LIVE-Qualcomm (Ghadiyaram et al., 2018); the levels are ours",
    is_temporal=True,
    margin_px=32,
)
def camera_shake(frames: Frames, strength: float, rng: np.random.Generator, source: SourceInfo) -> Frames:
    """Move the picture by a random walk of steps N(0, `strength`) px in x and y; mirror it at its borders.

    The walk starts at zero and is rounded to whole pixels, so that no frame is blurred by resampling.
    """
    steps = rng.normal(0, strength, (len(frames), 2))
    walk_px = np.rint(np.cumsum(steps, axis=0) - steps[:1])
    shaken = np.empty(frames.shape, np.uint8)
    for before, (right, down), after in zip(frames, walk_px, shaken, strict=True):
        move = np.array([[1, 0, right], [0, 1, down]], float)
        cv2.warpAffine(
            before,
            move,
            before.shape[1::-1],
            dst=after,
            flags=cv2.INTER_NEAREST,
            borderMode=cv2.BORDER_REFLECT_101,
        )
    return shaken
