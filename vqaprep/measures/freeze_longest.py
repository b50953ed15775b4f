"""Length of the longest freeze."""

from vqaprep.measures import Frames, measure
from vqaprep.measures._freezes import CITATION, freezes


@measure(title="longest freeze", unit="s", citation=CITATION, better="lower", damages="time")
def freeze_longest(reference: Frames, distorted: Frames, rate_fps: float) -> float:
    """Seconds of the longest time that a picture is shown again where the reference moves."""
    return max(freezes(reference, distorted), default=0) / rate_fps
