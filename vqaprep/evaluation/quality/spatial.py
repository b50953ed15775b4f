"""Features of one picture's luma and chroma: natural-scene statistics, sharpness, noise, blocks, tone.

Every function takes float32 pixels in [0, 255] at their native size, and returns numbers by name. None of them knows
the size of the picture or the file that it comes from.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
Numbers = dict[str, float]

_TINY = 1e-3  # added before a logarithm; luma is in steps of 1
_PERCENTILES = (1, 10, 25, 50, 75, 90, 99)
_BLOCK_PX = 8  # the transform of JPEG, MPEG-2 and H.264 High


def picture_numbers(rgb: NDArray[np.uint8]) -> Numbers:
    """Describe an RGB picture (H, W, 3) by about 150 numbers; see the functions of this file."""
    luma = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.float32)
    numbers: Numbers = {}
    scaled = luma
    for scale in range(3):
        if scale:
            scaled = np.asarray(cv2.pyrDown(scaled), np.float32)
        if min(scaled.shape) < 4 * _BLOCK_PX:
            break
        numbers |= {f"mscn{scale}_{name}": value for name, value in _scene_numbers(scaled).items()}
        numbers |= {f"grad{scale}_{name}": value for name, value in _gradient_numbers(scaled).items()}
    numbers |= _band_numbers(luma) | _blur_numbers(luma) | _noise_numbers(luma) | _grid_numbers(luma)
    return numbers | _transform_numbers(luma) | _tone_numbers(luma) | _colour_numbers(rgb, luma)


def locally_normalized(luma: Plane) -> Plane:
    """Return luma minus its local mean over its local deviation plus one (BRISQUE's MSCN, a 7 px Gaussian window)."""
    mean = cv2.GaussianBlur(luma, (7, 7), 7 / 6)
    power = cv2.GaussianBlur(luma * luma, (7, 7), 7 / 6)
    deviation = np.sqrt(np.maximum(power - mean * mean, 0))
    return np.asarray((luma - mean) / (deviation + 1), np.float32)


def block_deviation(plane: Plane, side_px: int = _BLOCK_PX) -> Plane:
    """Return the standard deviation of every whole square of `side_px`, as one row."""
    rows, columns = (side // side_px for side in plane.shape)
    squares = plane[: rows * side_px, : columns * side_px].reshape(rows, side_px, columns, side_px)
    return np.asarray(squares.std(axis=(1, 3)).ravel(), np.float32)


def _log(value: float) -> float:
    return float(np.log(value + _TINY))


def _scene_numbers(luma: Plane) -> Numbers:
    """Moments of MSCN values and of products of neighbours: BRISQUE's fits without the fitting."""
    normal = locally_normalized(luma)
    size, power = np.abs(normal), np.square(normal)
    mean_size, mean_power = float(size.mean()), float(power.mean())
    numbers = {"power": mean_power, "shape": mean_size**2 / (mean_power + 1e-6)}
    numbers["tail"] = float(np.square(power).mean()) / (mean_power**2 + 1e-6)
    numbers["skew"] = float((power * normal).mean()) / (mean_power**1.5 + 1e-6)
    numbers["flat"] = float((size < 0.05).mean())
    pairs = {
        "h": normal[:, :-1] * normal[:, 1:],
        "v": normal[:-1] * normal[1:],
        "d": normal[:-1, :-1] * normal[1:, 1:],
        "h2": normal[:, :-2] * normal[:, 2:],
        "v2": normal[:-2] * normal[2:],
    }
    for name, product in pairs.items():
        numbers[f"{name}_mean"] = float(product.mean()) / (mean_power + 1e-6)
        numbers[f"{name}_size"] = float(np.abs(product).mean()) / (mean_power + 1e-6)
    return numbers


def _gradient_numbers(luma: Plane) -> Numbers:
    across, down = np.abs(luma[:, 1:] - luma[:, :-1]), np.abs(luma[1:] - luma[:-1])
    numbers = {"h": _log(float(across.mean())), "v": _log(float(down.mean()))}
    numbers["turn"] = numbers["h"] - numbers["v"]
    length = cv2.magnitude(across[:-1], down[:, :-1]).ravel()
    for share, value in zip((50, 75, 90, 99), np.percentile(length[::5], (50, 75, 90, 99)), strict=True):
        numbers[f"p{share}"] = _log(float(value))
    numbers["zero"] = float((across < 0.5).mean())
    return numbers


def _band_numbers(luma: Plane) -> Numbers:
    """Energy of each octave of a Laplacian pyramid, and its fall from octave to octave, whole and by block."""
    bands, now = [], luma
    for _ in range(4):
        if min(now.shape) < 16:
            break
        smaller = np.asarray(cv2.pyrDown(now), np.float32)
        bands.append(now - cv2.pyrUp(smaller, dstsize=now.shape[::-1]))
        now = smaller
    energies = [_log(float(np.abs(band).mean())) for band in bands]
    numbers = {f"band{n}": energy for n, energy in enumerate(energies)}
    numbers |= {f"fall{n}": energies[n] - energies[n + 1] for n in range(len(energies) - 1)}
    if len(bands) > 1:
        fine, coarse = block_deviation(bands[0], 16), block_deviation(bands[1], 8)
        num = min(len(fine), len(coarse))
        ratio = np.log(fine[:num] + 0.1) - np.log(coarse[:num] + 0.1)
        for share, value in zip((5, 25, 50, 75, 95), np.percentile(ratio, (5, 25, 50, 75, 95)), strict=True):
            numbers[f"octave_p{share}"] = float(value)
    return numbers


def _blur_numbers(luma: Plane) -> Numbers:
    """How much a further blur changes the picture, each way (Crete et al., 2007): little where it is blurred."""
    numbers: Numbers = {}
    for axis, name in ((1, "h"), (0, "v")):
        step = np.abs(np.diff(luma, axis=axis))
        for taps in (3, 9):
            size = (taps, 1) if axis == 1 else (1, taps)
            again = np.abs(np.diff(cv2.blur(luma, size), axis=axis))
            lost = np.maximum(step - again, 0)
            numbers[f"reblur{taps}_{name}"] = float(lost.sum() / (step.sum() + 1))
    return numbers


def _noise_numbers(luma: Plane) -> Numbers:
    """Noise by Immerkaer's mask, and deviations of blocks: the flattest blocks show noise, the busiest texture."""
    rough = np.abs(np.diff(np.diff(luma, n=2, axis=0), n=2, axis=1))  # the mask [1 -2 1] both ways
    numbers = {"immerkaer": _log(float(rough.mean()) * np.sqrt(np.pi / 2) / 6)}
    numbers["immerkaer_median"] = _log(float(np.median(rough[::2, ::2])) / 6)
    numbers["immerkaer_zero"] = float((rough < 0.5).mean())
    for name, plane in (("luma", luma), ("rough", rough)):
        deviation = block_deviation(np.asarray(plane, np.float32))
        for share, value in zip(_PERCENTILES, np.percentile(deviation, _PERCENTILES), strict=True):
            numbers[f"{name}_dev_p{share}"] = _log(float(value))
    return numbers


def _grid_numbers(luma: Plane) -> Numbers:
    """Steps at each of the eight places of a block: one place stands out where a codec left block edges."""
    numbers: Numbers = {}
    for axis, name in ((1, "h"), (0, "v")):
        second = np.abs(np.diff(luma, n=2, axis=axis)).mean(axis=1 - axis)
        usable = len(second) // _BLOCK_PX * _BLOCK_PX
        places = np.sort(second[:usable].reshape(-1, _BLOCK_PX).mean(axis=0))[::-1] + _TINY
        middle = float(np.median(places))
        numbers[f"grid_{name}"] = float(np.log(places[0] / middle))
        numbers[f"grid_{name}2"] = float(np.log(places[1] / middle))
        numbers[f"grid_{name}_low"] = float(np.log(places[-1] / middle))
    return numbers


def _transform_numbers(luma: Plane) -> Numbers:
    """Mean size of the coefficients of 8 x 8 transforms, in six rings and two directions, and how many vanish."""
    rows, columns = (side // _BLOCK_PX for side in luma.shape)
    blocks = luma[: rows * 8, : columns * 8].reshape(rows, 8, columns, 8).swapaxes(1, 2).reshape(-1, 8, 8)
    blocks = blocks[:: max(1, len(blocks) // 1500)]
    sizes = np.abs(_DCT @ blocks @ _DCT.T)
    mean = sizes.mean(axis=0)
    ring = np.add.outer(np.arange(8), np.arange(8))
    numbers: Numbers = {}
    rings = [float(mean[(ring >= low) & (ring < low + 2)].mean()) for low in (1, 3, 5, 7, 9, 11)]
    numbers |= {f"dct{n}": _log(value) for n, value in enumerate(rings)}
    numbers |= {f"dct_fall{n}": _log(rings[n + 1]) - _log(rings[n]) for n in range(len(rings) - 1)}
    numbers["dct_turn"] = _log(float(mean[0, 4:].mean())) - _log(float(mean[4:, 0].mean()))
    for n, low in enumerate((3, 6, 9)):
        inside = sizes[:, (ring >= low) & (ring < low + 3)]
        numbers[f"dct_gone{n}"] = float((inside < 0.5).mean())
        numbers[f"dct_tail{n}"] = float(np.square(inside).mean() / (inside.mean() ** 2 + 1e-3))
    return numbers


def _tone_numbers(luma: Plane) -> Numbers:
    numbers = {"mean": float(luma.mean()), "deviation": float(luma.std())}
    for share, value in zip(_PERCENTILES, np.percentile(luma[::2, ::2], _PERCENTILES), strict=True):
        numbers[f"tone_p{share}"] = float(value)
    numbers["dark"], numbers["bright"] = float((luma < 18).mean()), float((luma > 234).mean())
    return numbers


def _colour_numbers(rgb: NDArray[np.uint8], luma: Plane) -> Numbers:
    small = cv2.resize(rgb, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)  # 4:2:0 holds no more colour
    pixels = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2YCrCb), np.float32)
    numbers: Numbers = {}
    for n, name in ((1, "red"), (2, "blue")):
        plane = np.ascontiguousarray(pixels[..., n])
        numbers[f"{name}_mean"], numbers[f"{name}_dev"] = float(plane.mean()), _log(float(plane.std()))
        step = float(np.abs(np.diff(plane, axis=1)).mean())
        numbers[f"{name}_step"] = _log(step)
        low = np.percentile(block_deviation(plane), (10, 50))
        numbers[f"{name}_flat"], numbers[f"{name}_busy"] = _log(float(low[0])), _log(float(low[1]))
    return numbers


def _dct_matrix() -> Plane:
    places = np.arange(8)
    matrix = np.cos(np.pi * np.outer(places, 2 * places + 1) / 16) * np.sqrt(2 / 8)
    matrix[0] /= np.sqrt(2)
    return np.asarray(matrix, np.float32)


_DCT = _dct_matrix()
