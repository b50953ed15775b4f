"""Run a trained system over the examples of a split: one row an example, what is true beside what is said."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from vqaprep.evaluate.trained import Trained
from vqaprep.progress import progress
from vqaprep.train.data import Batches, Examples, to_model

_TRUTHS = ("speed_class", "localization_class", "pace", "distortion", "label", "mos")


def predictions(
    trained: Trained, shards: Path, *, split: str | None, batch: int, draws: int = 1, seed: int = 0
) -> tuple[pd.DataFrame, dict[str, npt.NDArray[np.float32]]]:
    """Return (a row an example, probabilities (N, C) by label).

    Columns: key, video_id, group, distortion, level; true values under their names; `said_NAME` for each
    prediction. Windows and drawn variants are drawn `draws` times, always alike for one `seed`.
    """
    examples = Examples(shards, trained.ask, split=split, seed=seed, crop_px=trained.crop_px)
    rows: list[dict[str, Any]] = []
    shares: dict[str, list[npt.NDArray[np.float32]]] = {}
    with progress("evaluate", len(examples) * draws) as shown:
        for draw in range(draws):
            for raw in Batches(examples, batch=batch, epoch=draw, seed=seed, in_order=True):
                inputs = _inputs(trained, raw)
                said = trained.predict(inputs)
                rows += [_row(examples, raw, said, i) for i in range(len(raw["example"]))]
                for name, value in said.items():
                    if value.ndim == 2:
                        shares.setdefault(name, []).append(value.numpy())
                shown.advance(by=len(raw["example"]))
    return pd.DataFrame(rows), {name: np.concatenate(parts) for name, parts in shares.items()}


def features(trained: Trained, shards: Path, *, split: str | None, batch: int) -> tuple[Any, list[dict[str, Any]]]:
    """Return (features (N, D) float32 on the CPU, records of the samples they come from)."""
    examples = Examples(shards, trained.ask, split=split, seed=0, crop_px=trained.crop_px)
    found, records = [], []
    for raw in Batches(examples, batch=batch, epoch=0, seed=0, in_order=True):
        inputs = _inputs(trained, raw)
        with torch.inference_mode():
            found.append(trained.model.features(inputs["clip"]).float().cpu().numpy())  # type: ignore[operator]  # every system has it
        records += [examples.record(int(n)) for n in raw["example"]]
    return np.concatenate(found), records


def _inputs(trained: Trained, raw: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return what `predict` reads: `clip`, and `reference` where the system compares."""
    inputs = to_model({k: v.to(trained.device) for k, v in raw.items()}, trained.ask, None)
    if "original" in inputs:
        inputs |= {"clip": inputs["distorted"][:, 0], "reference": inputs["original"][:, 0]}
    for name in ("labelled", "versions"):
        if name in inputs:
            inputs["clip"] = inputs[name][:, 0] if name == "labelled" else inputs[name][:, 0, 0]
    return inputs


def _row(examples: Examples, raw: dict[str, Any], said: dict[str, torch.Tensor], i: int) -> dict[str, Any]:
    number = int(raw["example"][i])
    record = examples.record(number)
    view = record["views"][examples.items[number % len(examples.items)][1] or 0]
    row = {"key": record["key"], "video_id": record["video_id"], "distortion_name": view["distortion"]}
    row |= {"level": view["level"], "subject_id": record["subject_id"], "group_id": record["group_id"]}
    row |= {name: raw[name][i].item() for name in _TRUTHS if name in raw}
    for name, value in said.items():
        row[f"said_{name}"] = value[i].item() if value.ndim == 1 else int(value[i].argmax())
    return row
