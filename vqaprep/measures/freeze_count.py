"""Number of freezes."""

from vqaprep.measures import Frames, measure
from vqaprep.measures._freezes import CITATION, freezes


@measure(title="freezes", citation=CITATION, better="lower", digits=0, damages="time")
def freeze_count(reference: Frames, distorted: Frames, rate_fps: float) -> float:
    """How often the picture stops where the reference moves."""
    return float(len(freezes(reference, distorted)))
