"""Saliency and quality maps, drawn over the frames.

T frames of a clip; h, w and t: the smaller grid of a feature or quality map; H, W: frame size in pixels.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from vqaprep.errors import InputError

Heat = NDArray[np.float32]


def activation_map(features_CTHW: NDArray[np.floating], *, height_px: int, width_px: int) -> Heat:
    """Average a (C, t, h, w) feature map over channels and time, bilinear to (1, H, W).

    Class activation without class weights, for pretext tasks (source 003, section 4.5.4).
    """
    if features_CTHW.ndim != 4:
        raise InputError(f"a feature map of shape {features_CTHW.shape}; (C, t, h, w) is allowed.")
    mean = features_CTHW.mean(axis=(0, 1)).astype(np.float32)
    return np.asarray(cv2.resize(mean, (width_px, height_px)), dtype=np.float32)[None]


def quality_map(quality_THW: NDArray[np.floating], *, height_px: int, width_px: int) -> Heat:
    """Place a (t, h, w) map of fragment scores back on the frame: (t, H, W), same units (source 002).

    Each score sits at the centre of the source cell its fragment was cut from; between centres the map is
    bilinear, outside the outermost it is constant. Cells are floor(H / h) by floor(W / w) pixels, as in
    fragment sampling.
    """
    if quality_THW.ndim != 3 or height_px < quality_THW.shape[1] or width_px < quality_THW.shape[2]:
        raise InputError(
            f"a quality map of shape {quality_THW.shape} on {height_px}x{width_px} px; (t, h, w) with cells of at "
            "least a pixel is allowed."
        )
    rows = _placement(quality_THW.shape[1], height_px)
    columns = _placement(quality_THW.shape[2], width_px)
    placed: Heat = (rows @ quality_THW @ columns.T).astype(np.float32)
    return placed


def overlay(
    frames_THWC: NDArray[np.uint8], heat_tHW: NDArray[np.floating], *, opacity: float = 0.5
) -> NDArray[np.uint8]:
    """Colour frames (RGB) by heat, blue at its least and red at its greatest over the film; same shape back.

    Fewer maps than frames are held, each over its equal share of the film. Constant heat is all blue.
    """
    if frames_THWC.dtype != np.uint8 or heat_tHW.shape[1:] != frames_THWC.shape[1:3] or not len(heat_tHW):
        raise InputError(
            f"frames {frames_THWC.dtype} {frames_THWC.shape} with heat {heat_tHW.shape}; "
            "uint8 (T, H, W, 3) and (t, H, W) are allowed."
        )
    low, span = heat_tHW.min(), np.ptp(heat_tHW)
    levels = np.rint((heat_tHW - low) / (span if span > 0 else 1) * 255).astype(np.uint8)
    film = np.empty_like(frames_THWC)
    for index, frame in enumerate(frames_THWC):
        level = levels[index * len(levels) // len(frames_THWC)]
        colour = cv2.cvtColor(cv2.applyColorMap(level, cv2.COLORMAP_TURBO), cv2.COLOR_BGR2RGB)
        film[index] = cv2.addWeighted(frame, 1 - opacity, colour, opacity, 0)
    return film


def _placement(num_cells: int, size_px: int) -> NDArray[np.float64]:
    """Weights (size_px, num_cells) of linear interpolation between the centres of the cells."""
    pitch_px = size_px // num_cells
    centres_px = (np.arange(num_cells) + 0.5) * pitch_px
    pixels_px = np.arange(size_px) + 0.5
    return np.stack([np.interp(pixels_px, centres_px, cell) for cell in np.eye(num_cells)], axis=1)
