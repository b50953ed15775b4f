"""What a face detector reports."""

from dataclasses import dataclass

from vqaprep.rows import Box

MIN_SCORE = 0.3  # faces are kept down to here, so that stages can choose a threshold without looking again


@dataclass(frozen=True, slots=True)
class Detection:
    """A face in the pixels of the picture it was found in: tight box, confidence in [0, 1], five landmarks (x, y)."""

    box: Box
    score: float
    landmarks: tuple[tuple[float, float], ...]
