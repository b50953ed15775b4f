"""Compare the crops of odd files with those of their plain version, by the real detectors."""

from pathlib import Path

from benchmarks.figures import Figure
from tests.compose.catalogue import pair, speaker
from tests.compose.compare import crops_of, largest_difference_px
from tests.compose.interview import Interview, Scene
from tests.compose.store import composed
from tests.compose.variants import lossless, variants
from vqaprep.media.probe import probe
from vqaprep.stages.crop import Crop

_SUBJECT = "Maria Silva"


def odd_files(footage: Path, work: Path) -> list[Figure]:
    """Return, for each odd version of one interview, how far its crops are from those of the plain one."""
    people, names = ("fi", "jwp"), (_SUBJECT, "Interviewer")
    scenes = Scene(7, pair(people, names)), Scene(7, speaker(people[::-1], names[::-1]))
    video, _ = composed(Interview("odd", scenes, "fi", (), size_px=(854, 480)), footage, work)
    folder, crop = work / "odd", Crop(subject=_SUBJECT)
    folder.mkdir(exist_ok=True)
    plain = probe(str(lossless(Path(video.uri), folder / "plain.mp4")))
    figures = []
    for name, variant in variants(Path(plain.uri), folder).items():
        expected = crops_of(plain, crop, cache=work / "cache", trim_s=variant.head_s)
        found = crops_of(probe(str(variant.path)), crop, cache=work / "cache", gone_s=variant.head_s)
        shared = f"plain version, {len(expected.keys() & found.keys())} frames"
        most = None if "gone" in name else 0.01
        figures.append(Figure(f"crop of {name}", largest_difference_px(expected, found), shared, unit="px", most=most))
    return figures
