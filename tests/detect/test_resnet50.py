"""The large detector is asked and understood rightly; its package is played by one that finds red squares."""

import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from vqaprep.detect.detection import MIN_SCORE
from vqaprep.detect.faces import face_finder
from vqaprep.detect.resnet50 import ResNet50
from vqaprep.errors import InputError
from vqaprep.rows import Box

MARKS = ("mouth_left", "mouth_right", "nose", "left_eye", "right_eye")


class Package(ModuleType):
    """Stands for `retinaface.RetinaFace`: the first channel of what it gets is blue, as in OpenCV."""

    def __init__(self) -> None:
        super().__init__("retinaface.RetinaFace")
        self.loaded: Path | None = None
        self.has_network = True

    def build_model(self) -> str:
        path = Path(os.environ["DEEPFACE_HOME"]) / ".deepface" / "weights" / "retinaface.pth"
        if path.is_file():
            self.loaded = path.resolve()
        elif not self.has_network:
            raise ValueError("Pre-trained weight could not be loaded!")
        return "model"

    def detect_faces(self, bgr: npt.NDArray[np.uint8], threshold: float, model: str, allow_upscaling: bool) -> Any:
        assert model == "model" and not allow_upscaling and bgr.flags["C_CONTIGUOUS"]
        found: dict[str, Any] = {}
        for score, channel in ((0.31, 2), (0.99, 1), (0.29, 0)):
            rows, columns = np.nonzero(bgr[..., channel])
            if score >= threshold and len(rows):
                box = [np.int64(v) for v in (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)]
                marks = {name: [np.float32(i), np.float32(10 + i)] for i, name in enumerate(MARKS)}
                found[f"face_{len(found)}"] = {"score": np.float32(score), "facial_area": box, "landmarks": marks}
        return found


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Package:
    made, outer = Package(), ModuleType("retinaface")
    outer.RetinaFace = made  # type: ignore[attr-defined]  # what the import finds
    monkeypatch.setitem(sys.modules, "retinaface", outer)
    monkeypatch.setitem(sys.modules, "retinaface.RetinaFace", made)
    for name in ("DEEPFACE_BACKEND_ENGINE", "RETINAFACE_LOG_LEVEL", "VQAPREP_WEIGHTS"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("DEEPFACE_HOME", str(tmp_path / "home"))
    return made


def test_faces_come_best_first_in_pixels_of_the_picture_with_landmarks_in_our_order(package: Package) -> None:
    rgb = np.zeros((60, 80, 3), np.uint8)
    rgb[10:30, 20:40, 0] = 255  # red, score 0.31
    rgb[40:50, 50:70, 1] = 255  # green, score 0.99
    rgb[0:5, 0:5, 2] = 255  # blue, under the least score
    best, other = face_finder("resnet50")(rgb)
    assert (best.box, other.box) == (Box(50, 40, 20, 10), Box(20, 10, 20, 20))
    assert best.score == pytest.approx(0.99)
    assert other.score == pytest.approx(0.31) and other.score > MIN_SCORE
    assert best.landmarks == tuple((float(i), float(10 + i)) for i in (4, 3, 2, 1, 0))
    assert os.environ.get("DEEPFACE_BACKEND_ENGINE") == "pytorch"


def test_a_picture_without_a_face_has_none(package: Package) -> None:
    assert ResNet50()(np.zeros((40, 40, 3), np.uint8)) == []


def test_weights_of_the_local_folder_are_given_to_the_package(
    package: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VQAPREP_WEIGHTS", str(tmp_path))
    (tmp_path / "retinaface.pth").write_bytes(b"weights")
    ResNet50()
    assert package.loaded == tmp_path / "retinaface.pth"
    assert os.environ["DEEPFACE_HOME"] == str(tmp_path / "home")


def test_without_local_weights_the_package_fetches_its_own_or_tells_how(package: Package) -> None:
    ResNet50()
    assert package.loaded is None
    package.has_network = False
    with pytest.raises(InputError, match=r"could not be loaded!; with a network, retina-face fetches .* VQAPREP_WEIG"):
        ResNet50()


def test_a_missing_package_is_told_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "retinaface", None)
    monkeypatch.setenv("DEEPFACE_BACKEND_ENGINE", "")
    monkeypatch.setenv("RETINAFACE_LOG_LEVEL", "")
    with pytest.raises(InputError, match=r"pip install 'vqaprep\[resnet50\]'"):
        ResNet50()
