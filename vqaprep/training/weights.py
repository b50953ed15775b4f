"""Read files of weights and states: tensors and plain values only; a damaged file gives an error with a remedy."""

from pathlib import Path
from typing import Any

from vqaprep.errors import InputError, VqaprepError


def read_tensors(path: Path, *, remedy: str, fault: type[VqaprepError] = InputError) -> dict[str, Any]:
    """Return what a safetensors or torch file holds, on the CPU. A torch file is read without running code of its own.

    Raises:
        fault: the file is empty, damaged, of another kind, or holds objects other than tensors and plain values.
    """
    if path.is_dir():
        raise fault(f"{path} is a folder, where a file is expected; {remedy}")
    if path.stat().st_size == 0:
        raise fault(f"{path} is empty; {remedy}")
    try:
        content = _read(path)
    except (MemoryError, OSError):
        raise
    except Exception as error:  # torch and safetensors raise many kinds for a damaged file
        raise fault(f"{path} {_why(error)}; {remedy}") from error
    if not isinstance(content, dict) or not all(isinstance(name, str) for name in content):
        raise fault(f"{path} holds a {type(content).__name__} where tensors by name are expected; {remedy}")
    return content


def _read(path: Path) -> Any:
    if path.suffix == ".safetensors":
        from safetensors.torch import load

        return load(path.read_bytes())
    import torch

    return torch.load(path, map_location="cpu", weights_only=True)


def _why(error: Exception) -> str:
    line = " ".join(str(error).split())[:160]
    if "weights_only" in line or "Weights only load" in line:
        return (
            "holds objects other than tensors, or is damaged; it is not read, as such objects can run code. "
            "Save its state_dict alone"
        )
    return f"is damaged, or no file of weights ({type(error).__name__}: {line})"
