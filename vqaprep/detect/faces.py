"""Find faces in a picture with RetinaFace (MobileNet-0.25, Deng et al. 2020, arXiv:1905.00641)."""

from collections.abc import Callable
from functools import lru_cache
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from vqaprep.detect.detection import MIN_SCORE, Detection
from vqaprep.errors import unknown_name
from vqaprep.packages.weights import weights_path
from vqaprep.rows import Box

Array = npt.NDArray[np.float32]
Detector = Literal["mnet", "resnet50"]


FindFaces = Callable[[npt.NDArray[np.uint8]], list[Detection]]


def face_finder(detector: Detector = "mnet") -> FindFaces:
    """Return a function from an RGB picture uint8 (H, W, 3) to its faces, best first.

    Raises:
        InputError: the detector's package or weights are missing.
    """
    if detector == "mnet":
        return RetinaFace()
    if detector == "resnet50":
        # It loads torch, which the small detector does without.
        from vqaprep.detect.resnet50 import ResNet50

        return ResNet50()
    raise unknown_name("detector", detector, ["mnet", "resnet50"])


class RetinaFace:
    """The small detector on onnxruntime, one thread; every face above `MIN_SCORE` is reported."""

    def __init__(self) -> None:
        import onnxruntime as ort

        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = ort.InferenceSession(
            weights_path("retinaface_mnet025").read_bytes(), options, providers=["CPUExecutionProvider"]
        )

    def __call__(self, rgb: npt.NDArray[np.uint8]) -> list[Detection]:
        """Return the faces of an RGB picture, uint8 (H, W, 3), best first."""
        picture_NCHW = _network_input(rgb)
        loc, conf, marks = self._session.run(None, {"input": picture_NCHW})
        anchors = _anchors(*picture_NCHW.shape[2:])
        is_face = conf[0, :, 1] >= MIN_SCORE
        return _best(anchors[is_face], loc[0][is_face], conf[0, is_face, 1], marks[0][is_face])


_MEAN_BGR = (104, 117, 123)
_STRIDES_PX = {8: (16, 32), 16: (64, 128), 32: (256, 512)}  # cell size: sizes of the anchors on it
_VARIANCES = 0.1, 0.2  # units in which the network states centres and log sizes
_MAX_IOU = 0.4


def _network_input(rgb: npt.NDArray[np.uint8]) -> Array:
    """Return (1, 3, H, W) float32 BGR around zero."""
    return np.asarray(cv2.dnn.blobFromImage(rgb, mean=_MEAN_BGR, swapRB=True), np.float32)


@lru_cache(maxsize=8)
def _anchors(height_px: int, width_px: int) -> Array:
    """Return (N, 3) float32: centre x, centre y, size of each anchor, in the network's order."""
    per_stride = []
    for stride, sizes in _STRIDES_PX.items():
        rows, columns = np.mgrid[: -(-height_px // stride), : -(-width_px // stride)]  # the last cells may hang over
        centers = np.stack([columns, rows], -1).reshape(-1, 1, 2).repeat(len(sizes), 1) + 0.5
        side = np.broadcast_to(np.array(sizes)[None, :, None], (*centers.shape[:2], 1))
        per_stride.append(np.concatenate([centers * stride, side], -1).reshape(-1, 3))
    return np.concatenate(per_stride).astype(np.float32)


def _best(anchors: Array, loc: Array, scores: Array, marks: Array) -> list[Detection]:
    """Decode the network's offsets and keep the best of boxes that overlap."""
    centers, sides = anchors[:, :2], anchors[:, 2:]
    middles = centers + loc[:, :2] * _VARIANCES[0] * sides
    sizes = sides * np.exp(loc[:, 2:] * _VARIANCES[1])
    boxes = np.concatenate([middles - sizes / 2, sizes], 1)
    points = centers[:, None] + marks.reshape(-1, 5, 2) * _VARIANCES[0] * sides[:, None]
    kept = cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), MIN_SCORE, _MAX_IOU) if len(boxes) else []
    return [
        Detection(Box(*map(float, boxes[i])), float(scores[i]), tuple((float(x), float(y)) for x, y in points[i]))
        for i in np.asarray(kept, int).ravel()
    ]
