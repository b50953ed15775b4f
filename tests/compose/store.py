"""Keep composed interviews, so that judging them again composes nothing."""

import pickle
from pathlib import Path

from tests.compose.interview import Interview, Truth
from tests.compose.write import write
from vqaprep.media.probe import probe
from vqaprep.rows import Video


def composed(interview: Interview, footage: Path, work: Path) -> tuple[Video, list[Truth]]:
    """Return the video of `interview` and its truth, written under `work` unless they are there."""
    target, truth = work / f"{interview.name}.mp4", work / f"{interview.name}.truth"
    if not truth.exists():
        truth.write_bytes(pickle.dumps((interview, write(interview, target, footage / "faces"))))
    made, truths = pickle.loads(truth.read_bytes())  # written a line above, by this program
    if made != interview:
        truth.unlink()
        return composed(interview, footage, work)
    return probe(str(target)), truths
