"""Optional packages, and the extra of the wheel that installs each."""

import importlib.util

from vqaprep.errors import InputError

EXTRA_OF = {
    "torch": "train",
    "torchvision": "train",
    "lightning_fabric": "train",
    "safetensors": "train",
    "tensorboard": "train",
    "sklearn": "train",
    "matplotlib": "train",
    "easyocr": "ocr",
    "webdataset": "webdataset",
    "ray": "ray",
    "decord": "decord",
    "onnx": "onnx",
    "s3fs": "s3",
    "gcsfs": "gcs",
}
"""Module to extra."""


def require(module: str, purpose: str) -> None:
    """Stop before any work if an optional package is missing: in a worker, the failure would look like a bad video.

    Raises:
        InputError: it is not installed; says how to install it.
    """
    if importlib.util.find_spec(module) is None:
        raise InputError(f"{purpose} needs {module}: {remedy(module)}")


def remedy(module: str) -> str:
    """Return the command that installs an optional module."""
    return f"pip install 'vqaprep[{EXTRA_OF[module]}]'"
