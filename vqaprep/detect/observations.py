"""What was detected in a video, for the stages."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vqaprep.detect.by_hand import Override
    from vqaprep.detect.sightings import Sightings
    from vqaprep.media.look import Look


@dataclass(frozen=True)
class Observations:
    """One look at a video; `None` where the stage did not ask. `by_hand` is what people decided about it."""

    look: "Look | None" = None
    sightings: "Sightings | None" = None
    by_hand: "tuple[Override, ...]" = ()
