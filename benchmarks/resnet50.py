"""Run `--detector resnet50` on weights that are built to find red squares, and check what it says of them.

Needs the package `retina-face` (`pip install --no-deps retina-face gdown requests`); its own weights need a network.
Run it as `python -m benchmarks.resnet50`.
"""

import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from vqaprep.detect.detection import Detection

SCORE = 0.95
CELL_PX, SIZE_PX = 8, 31  # the finest cells, and the size that the package gives its larger anchor there


def build() -> dict[str, Any]:
    """Return weights of the package's network that pass red on to the finest cells and call it a face of `SCORE`."""
    from retinaface.model.retinaface_pth_model import RetinaFace

    weights: dict[str, Any] = RetinaFace().state_dict()
    for name, value in weights.items():
        if name.endswith("bias") or value.dim() == 4:
            value.zero_()
    weights["conv0.weight"][0, 0, 3, 3] = 1 / 255
    for name in (f"stage{stage}.unit1.sc" for stage in (1, 2, 3)):
        weights[f"{name}.weight"][0, 0, 0, 0] = 1
    for name in ("stage3.unit1.conv1", "ssh_m1_red_conv"):
        weights[f"{name}.weight"][0, 0, 0, 0] = 1
    for name in ("ssh_c1_aggr", "ssh_m1_det.conv1"):
        weights[f"{name}.weight"][0, 0, 1, 1] = 1
    logit = float(np.log(SCORE / (1 - SCORE)))
    for stride in (8, 16, 32):
        weights[f"face_rpn_stride{stride}.cls_score.bias"][2:] = -20
    weights["face_rpn_stride8.cls_score.weight"][2, 0, 0, 0] = 20 + logit
    return weights


def picture(height_px: int, width_px: int, *, at: tuple[int, int], side_px: int, color: int = 0) -> Any:
    """Return a black picture with a square of a pure colour (0 red, 1 green, 2 blue) around `at` (x, y)."""
    rgb = np.zeros((height_px, width_px, 3), np.uint8)
    (left, right), (top, bottom) = ((c - side_px // 2, c + side_px // 2) for c in at)
    rgb[top:bottom, left:right, color] = 255
    return rgb


def main() -> None:
    """Check colours, place, size, score and landmarks, at the size that is looked at and at a larger one."""
    import torch

    from vqaprep.detect.resnet50 import ResNet50

    with TemporaryDirectory() as folder:
        torch.save(build(), Path(folder) / "retinaface.pth")
        os.environ["VQAPREP_WEIGHTS"] = folder
        find = ResNet50()
        for height, width in ((360, 640), (1440, 2560)):
            scale = max(1.0, height / 1024, width / 1980)  # the package shrinks what is larger
            at, side_px = (round(20 * CELL_PX * scale), round(9 * CELL_PX * scale)), round(6 * scale)
            started_s = time.perf_counter()
            [face] = find(picture(height, width, at=at, side_px=side_px))
            took_s = time.perf_counter() - started_s
            check(face, at, scale)
            assert find(picture(height, width, at=at, side_px=side_px, color=2)) == []
            x, y = face.box.center_px
            print(f"{width}x{height}: found at {x:.0f}, {y:.0f}, score {face.score:.3f}, {took_s:.2f} s")


def check(face: "Detection", at: tuple[int, int], scale: float) -> None:
    """Compare a detection with the square at `at`: an anchor's middle is up to a cell away from its cell's."""
    near_px = CELL_PX * scale + 1
    for point in (face.box.center_px, *face.landmarks):
        assert all(abs(is_px - should_px) <= near_px for is_px, should_px in zip(point, at, strict=True)), face
    assert all(abs(side_px - SIZE_PX * scale) <= 2 for side_px in (face.box.w_px, face.box.h_px)), face
    assert len(face.landmarks) == 5 and abs(face.score - SCORE) < 0.01, face


if __name__ == "__main__":
    main()
