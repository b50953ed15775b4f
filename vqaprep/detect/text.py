"""The type of a caption reading, and the slower of two readers: EasyOCR, from local weights only."""

import warnings
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from vqaprep.packages.weights import weights_path
from vqaprep.rows import Box

Ocr = Literal["rapidocr", "easyocr"]


@dataclass(frozen=True, slots=True)
class Reading:
    """A line of text in the pixels of the picture it was read in, with the reader's confidence in [0, 1]."""

    text: str
    score: float
    box: Box


class CaptionReader:
    """EasyOCR for Latin letters on one processor; loading takes seconds, so keep one a worker."""

    def __init__(self, *, canvas_px: int = 640) -> None:
        import torch

        from vqaprep.models.torchvision_guard import import_torchvision

        torch.set_num_threads(1)
        import_torchvision()
        import easyocr

        weights = {weights_path(name).parent for name in ("easyocr_craft", "easyocr_english")}
        if len(weights) != 1:
            raise ValueError(f"EasyOCR wants its weights in one folder, got {sorted(map(str, weights))}")
        with warnings.catch_warnings(), _without_drawing():
            warnings.simplefilter("ignore")  # it quantizes through an API that torch deprecates
            self._reader = easyocr.Reader(
                ["en"], gpu=False, model_storage_directory=str(weights.pop()), download_enabled=False, verbose=False
            )
        self._reader.detector.to(memory_format=torch.channels_last)  # a good tenth faster on a processor
        self._canvas_px = canvas_px

    def __call__(self, rgb: npt.NDArray[np.uint8]) -> list[Reading]:
        """Return the lines of text in an RGB picture, uint8 (H, W, 3), top to bottom."""
        short_px, long_px = sorted(rgb.shape[:2])
        if short_px * min(1.0, self._canvas_px / long_px) < _SMALL_WORDS["min_size"]:
            return []  # no room for a letter where the detector looks, which would fail on a side of no pixels
        bgr = np.ascontiguousarray(rgb[..., ::-1])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch warns about quantized layers and pinned memory
            lines = self._reader.readtext(bgr, canvas_size=self._canvas_px, batch_size=8, **_SMALL_WORDS)
        return [Reading(text, float(score), _upright(corners)) for corners, text, score in lines]


_SMALL_WORDS = {"min_size": 6, "text_threshold": 0.5, "low_text": 0.3}  # its defaults lose words of two letters


def _without_drawing() -> AbstractContextManager[Any]:
    """Return a context in which layers are made without the random weights that loaded ones replace.

    EasyOCR makes a whole VGG-16 to keep its first layers: drawing it takes seconds and half a gigabyte.
    """
    from torch.overrides import TorchFunctionMode

    class WithoutDrawing(TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if getattr(func, "__module__", None) == "torch.nn.init":
                return kwargs["tensor"] if kwargs else args[0]
            return func(*args, **(kwargs or {}))

    return WithoutDrawing()


def _upright(corners: list[list[float]]) -> Box:
    """Return the upright box around four corners."""
    xs, ys = ([float(corner[axis]) for corner in corners] for axis in (0, 1))
    return Box(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))
