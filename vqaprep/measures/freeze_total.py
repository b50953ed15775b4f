"""Time that is frozen."""

from vqaprep.measures import Frames, measure
from vqaprep.measures._freezes import CITATION, freezes


@measure(title="frozen", unit="s", citation=CITATION, better="lower", damages="time")
def freeze_total(reference: Frames, distorted: Frames, rate_fps: float) -> float:
    """Seconds during which a picture is shown again where the reference moves."""
    return sum(freezes(reference, distorted)) / rate_fps
