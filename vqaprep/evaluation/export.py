"""Export a trained run as one file, TorchScript or ONNX, and check that it gives the same output."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from vqaprep.errors import InputError, VqaprepError
from vqaprep.evaluation.export_settings import Format
from vqaprep.evaluation.exported_files import FORMATS, Run
from vqaprep.evaluation.trained import Trained
from vqaprep.storage.durable import write_json
from vqaprep.training.systems import System

DESCRIPTION = "export.json"
_TRACED_CLIPS, _CHECKED_CLIPS = 2, (1, 2, 3)


@dataclass(frozen=True)
class Export:
    """The export: the file, the names of its outputs in order, and the largest difference in the check."""

    path: Path
    outputs: tuple[str, ...]
    max_difference: float


def export(trained: Trained, out: Path, *, form: Format = "torchscript", seed: int = 0) -> Export:
    """Write `model.pt` (TorchScript) or `model.onnx` and `export.json` into `out`.

    The file maps clips float32 (B, 3, T, H, W) in [0, 1], on the CPU, to a tuple of tensors; it is read back and
    compared with the network on random clips, in batches of other sizes than the one it was traced with.

    Raises:
        InputError: the run fixes no size of its clips.
        VqaprepError: the file cannot be written, or differs from the network by the tolerance of its format or more.
    """
    if trained.crop_px is None:
        raise InputError("this run takes clips of any size; train it with --crop-px to export it")
    shape = (3, trained.kind.num_frames, trained.crop_px, trained.crop_px)
    rng = torch.Generator().manual_seed(seed)
    model = trained.model.cpu().float()
    with torch.inference_mode():
        example = _random_clips(trained, _TRACED_CLIPS, shape, rng)
        outputs: dict[str, Tensor] = model.predict(dict(zip(trained.contract.inputs, example, strict=True)))
        plain = _Plain(model, trained.contract.inputs, tuple(outputs)).eval()
        kind = FORMATS[form]
        path = out / kind.file
        kind.write(plain, example, path, (trained.contract.inputs, tuple(outputs)))
        stored = kind.load(path)
        difference = max(_difference(plain, stored, _random_clips(trained, n, shape, rng)) for n in _CHECKED_CLIPS)
    if not difference < kind.tolerance:
        raise VqaprepError(
            f"the exported file differs from the network by {difference:.3g}, {kind.tolerance:g} is allowed"
        )
    write_json(out / DESCRIPTION, _described(trained, outputs, shape, difference) | {"file": kind.file})
    return Export(path, tuple(outputs), difference)


class _Plain(nn.Module):
    """A system's `predict` with tensors in and tensors out, as a trace wants it."""

    def __init__(self, model: System, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> None:
        super().__init__()
        self.model, self.inputs, self.outputs = model, inputs, outputs

    def forward(self, *clips: Tensor) -> tuple[Tensor, ...]:
        """Return the outputs in order."""
        predicted = self.model.predict(dict(zip(self.inputs, clips, strict=True)))
        return tuple(predicted[name] for name in self.outputs)


def _random_clips(trained: Trained, num: int, shape: tuple[int, ...], rng: torch.Generator) -> tuple[Tensor, ...]:
    return tuple(torch.rand(num, *shape, generator=rng) for _ in trained.contract.inputs)


def _difference(plain: nn.Module, stored: Run, clips: tuple[Tensor, ...]) -> float:
    pairs = zip(plain(*clips), stored(*clips), strict=True)
    return max(float((ours - theirs).abs().max()) for ours, theirs in pairs)


def _described(trained: Trained, said: dict[str, Tensor], shape: tuple[int, ...], difference: float) -> dict[str, Any]:
    """Describe inputs and outputs, for users of the file without vqaprep."""
    pixels = "a 7 x 7 mosaic of 32 px fragments" if trained.sees_fragments else "whole picture, its middle square"
    clip = {"shape": ["batch", *shape], "axes": "BCTHW", "dtype": "float32", "range": [0, 1], "color": "RGB"}
    outputs = [
        {"name": name, "shape": ["batch", *value.shape[1:]]}
        | ({"classes": trained.class_names(name, value.shape[1])} if value.ndim == 2 else {"better": "higher"})
        for name, value in said.items()
    ]
    return {
        "system": trained.system,
        "inputs": [{"name": name} | clip | {"pixels": pixels} for name in trained.contract.inputs],
        "outputs": outputs,
        "max_difference": difference,
        "torch": torch.__version__,
    }
