"""The formats of exported networks: how each is written, and run again to compare it with the network."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.jit._trace import TracerWarning

from vqaprep.errors import VqaprepError
from vqaprep.evaluation.export_settings import Format
from vqaprep.packages.extras import require
from vqaprep.storage.durable import durable

Run = Callable[..., tuple[Tensor, ...]]
"""A stored network: clips (B, 3, T, H, W) in, the outputs in order out."""
Names = tuple[tuple[str, ...], tuple[str, ...]]
"""Names of the inputs and of the outputs, in order."""

_OPSET = 18  # of 2022: every runtime in use reads it


@dataclass(frozen=True)
class StoredFormat:
    """The file's name, how it is written and read, and the difference from the network that is too large."""

    file: str
    write: Callable[[nn.Module, tuple[Tensor, ...], Path, Names], None]
    load: Callable[[Path], Run]
    tolerance: float


def _write_torchscript(plain: nn.Module, example: tuple[Tensor, ...], target: Path, names: Names) -> None:
    with warnings.catch_warnings():
        # It warns of every shape that becomes a constant; whether one matters is measured afterwards.
        warnings.simplefilter("ignore", TracerWarning)
        traced = torch.jit.trace(plain, example, check_trace=False)  # type: ignore[no-untyped-call]  # torch has none
    with durable(target) as temporary:
        traced.save(str(temporary))


def _load_torchscript(path: Path) -> Run:
    with path.open("rb") as file:
        loaded: Run = torch.jit.load(file)  # type: ignore[no-untyped-call]  # torch has no annotation there
    return loaded


def _write_onnx(plain: nn.Module, example: tuple[Tensor, ...], target: Path, names: Names) -> None:
    require("onnx", "export --format onnx")
    batches = {name: {0: "batch"} for side in names for name in side}
    try:
        with warnings.catch_warnings(), durable(target) as temporary:
            warnings.simplefilter("ignore")  # as above, and that this exporter is the older one
            # The newer exporter needs `onnxscript`, another package.
            torch.onnx.export(
                plain, example, temporary, dynamo=False, opset_version=_OPSET, dynamic_axes=batches,
                input_names=list(names[0]), output_names=list(names[1]),
            )  # fmt: skip
    except (torch.onnx.OnnxExporterError, RuntimeError) as error:
        reason = str(error).partition(". ")[0].partition("\n")[0]
        raise VqaprepError(f"this network cannot be written as ONNX ({reason}); use --format torchscript") from error


def _load_onnx(path: Path) -> Run:
    import onnxruntime

    session: Any = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    names = [given.name for given in session.get_inputs()]

    def run(*clips: Tensor) -> tuple[Tensor, ...]:
        outputs = session.run(None, {name: clip.numpy() for name, clip in zip(names, clips, strict=True)})
        return tuple(torch.from_numpy(output) for output in outputs)

    return run


FORMATS: dict[Format, StoredFormat] = {
    "torchscript": StoredFormat("model.pt", _write_torchscript, _load_torchscript, 1e-5),
    # onnxruntime joins layers and sums in another order.
    "onnx": StoredFormat("model.onnx", _write_onnx, _load_onnx, 1e-4),
}
