"""A trained run, ready to predict: the network, what it asks of its examples, and what its labels mean."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from vqaprep.errors import InputError
from vqaprep.train.checkpoint import META, load_weights
from vqaprep.train.systems import build, load_module, restore_settings
from vqaprep.train.views import Ask


@dataclass(frozen=True)
class Trained:
    """A network in evaluation mode, on `device`. Clips are cut to squares of `crop_px` (None: left as they are)."""

    system: str
    model: nn.Module
    ask: Ask
    crop_px: int | None
    device: torch.device

    def predict(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return the system's predictions, on the CPU as float32."""
        with torch.inference_mode():
            found: dict[str, Tensor] = self.model.predict(inputs)  # type: ignore[operator]  # every system has it
        return {name: value.float().cpu() for name, value in found.items()}


def load_run(run: Path, *, fresh: bool = False) -> Trained:
    """Load what `train` left in `run`; with `fresh`, the same network with random weights, as a baseline.

    Raises:
        InputError: the folder is no run, or holds no weights yet.
    """
    path = run / META
    if not path.is_file():
        raise InputError(f"{run} is no run folder; train first with `vqaprep train SYSTEM SHARDS -o {run}`")
    meta: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    torch.manual_seed(meta["seed"])
    model = build(meta["system"], restore_settings(load_module(meta["system"]).Settings, meta["settings"]))
    if not fresh:
        load_weights(run, model)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    ask = replace(restore_settings(Ask, meta["ask"]), is_training=False)
    return Trained(meta["system"], model.eval().to(device), ask, meta["crop_px"], device)
