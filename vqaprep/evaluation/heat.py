"""Videos of saliency: where a network looks, or where its quality score is low, beside the clip."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from vqaprep.errors import InputError
from vqaprep.evaluation.saliency import activation_map, overlay, quality_map
from vqaprep.evaluation.trained import Trained
from vqaprep.media.film import write_film
from vqaprep.storage.durable import durable

_SIDE_PX, _RATE_FPS = 256, 8.0  # large and slow enough for people


def check_heat(trained: Trained) -> None:
    """Refuse a system without a map to draw.

    Raises:
        InputError: its contract names none.
    """
    if trained.contract.map is None:
        raise InputError(f"{trained.system} shows no map to draw; leave --saliency out")


def write_heat(trained: Trained, clips: Sequence[tuple[str, npt.NDArray[np.uint8], Tensor]], out: Path) -> list[Path]:
    """Write `media/NUMBER-KEY.mp4` for each (key, frames (T, H, W, 3), clip (3, T, H, W)), and a sheet `saliency.png`.

    Red is where a classifier's features are strongest, or where a quality model's score is least.
    """
    films, middles = [], []
    for number, (key, frames, clip) in enumerate(clips):
        large = _enlarged(frames)
        side_by_side = np.concatenate([large, overlay(large, heat(trained, clip, *large.shape[1:3]))], axis=2)
        films.append(out / "media" / f"{number:03d}-{key}.mp4")
        write_film(films[-1], ((i / _RATE_FPS, frame) for i, frame in enumerate(side_by_side)), rate_fps=_RATE_FPS)
        middles.append(side_by_side[len(side_by_side) // 2])
    done, png = cv2.imencode(".png", np.vstack(middles)[..., ::-1])
    assert done
    with durable(out / "saliency.png") as temporary:
        temporary.write_bytes(png.tobytes())
    return films


def heat(trained: Trained, clip_CTHW: Tensor, height_px: int, width_px: int) -> npt.NDArray[np.float32]:
    """Return (t, height_px, width_px), high where it matters; see `write_heat`."""
    model, has_quality = trained.model, trained.contract.map == "quality_map"
    with torch.inference_mode():
        maps = model.quality_map(clip_CTHW[None]) if has_quality else model.feature_map(clip_CTHW[None])
    values = maps[0].float().cpu().numpy()
    if has_quality:
        return -quality_map(values, height_px=height_px, width_px=width_px)
    return activation_map(values, height_px=height_px, width_px=width_px)


def _enlarged(frames: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    scale = _SIDE_PX / min(frames.shape[1:3])
    if scale <= 1:
        return frames
    size = round(frames.shape[2] * scale), round(frames.shape[1] * scale)
    return np.stack([np.asarray(cv2.resize(f, size, interpolation=cv2.INTER_CUBIC), np.uint8) for f in frames])
