"""Run a trained system over the examples of a split: one row per example, true values beside predictions."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

from vqaprep.evaluation.scorers import Scorer
from vqaprep.evaluation.trained import Trained
from vqaprep.running.progress import progress
from vqaprep.training.data import Batches, Examples, Places, collate, to_model

_TRUTHS = ("speed_class", "localization_class", "pace", "distortion", "label", "mos")
Shares = dict[str, npt.NDArray[np.float32]]


def predictions(
    trained: Trained,
    shards: Path,
    *,
    split: str | None,
    batch: int,
    draws: int = 1,
    crops: int = 1,
    seed: int = 0,
    scorers: Callable[[], Mapping[str, Scorer]] | None = None,
) -> tuple[pd.DataFrame, Shares]:
    """Return (a row an example, probabilities (N, C) by label).

    Columns: key, video_id, group, distortion, level; true values under their names; `said_NAME` for each
    prediction and, where both quality and its truth are known, `measured_NAME` for each of `scorers()` of the
    very clip that the system saw. Windows and drawn variants are drawn `draws` times, always alike for one `seed`.
    Of `crops` x `crops` squares of a clip, from edge to edge, all that is said and measured is the mean; 1: the centre.
    """
    examples = _examples(trained, shards, split=split, seed=seed, crops=crops)
    rows: list[dict[str, Any]] = []
    shares: dict[str, list[npt.NDArray[np.float32]]] = {}
    with progress("evaluate", len(examples) * draws) as progress_bar:
        for draw in range(draws):
            for raw in Batches(Places(examples, batch, epoch=draw, seed=seed, in_order=True)):
                outputs = trained.predict(_inputs(trained, raw), num_crops=crops**2)
                wanted = scorers() if scorers and "mos" in raw and "quality" in outputs else {}
                rates = [float(examples.record(int(n))["rate_fps"]) for n in raw["example"]] if wanted else []
                for i in range(len(raw["example"])):
                    measured = {
                        f"measured_{name}": _measured(one, trained.kind.predicted_frames(raw, i), rates[i])
                        for name, one in wanted.items()
                    }
                    rows.append(_row(examples, raw, outputs, i) | measured)
                for name, value in outputs.items():
                    if value.ndim == 2:
                        shares.setdefault(name, []).append(value.numpy())
                progress_bar.advance(by=len(raw["example"]))
    return pd.DataFrame(rows), {name: np.concatenate(parts) for name, parts in shares.items()}


def standardized(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return `table` with quality as the mean of the scores `names`, each standardized over all rows.

    SSL-VQA's own mean (source 002, section 3.5) adds an unbounded score to one between 0 and 1, so that the first
    decides alone. Standardized, both have a say.
    """
    columns = [f"said_{name}" for name in names]
    centred = table[columns] - table[columns].mean()
    # A score that is the same for all rows has deviation 0; it then adds nothing.
    return table.assign(said_quality=(centred / table[columns].std(ddof=0)).fillna(0.0).mean(axis=1))


def with_shares(found: pd.DataFrame, shares: Shares, trained: Trained) -> pd.DataFrame:
    """Return `found` with a column for the probability of each class, such as `label=calm`."""
    columns = {
        f"{label}={name}": values[:, number]
        for label, values in shares.items()
        for number, name in enumerate(trained.class_names(label, values.shape[1]))
    }
    return found.assign(**columns)


def features(
    trained: Trained, shards: Path, *, split: str | None, batch: int
) -> tuple[npt.NDArray[np.float32], list[dict[str, Any]]]:
    """Return (features (N, D) on the CPU, records of the samples they come from).

    Where a system compares a clip with its reference, the features are those of the reference.
    """
    examples = _examples(trained, shards, split=split)
    batches, records = [], []
    for raw in Batches(Places(examples, batch, epoch=0, seed=0, in_order=True)):
        inputs = _inputs(trained, raw)
        with torch.inference_mode():
            clip = inputs.get("reference", inputs["clip"])
            batches.append(trained.model.features(clip).float().cpu().numpy())
        records += [examples.record(int(n)) for n in raw["example"]]
    return np.concatenate(batches), records


def clips(
    trained: Trained, shards: Path, *, split: str | None, num: int
) -> list[tuple[str, npt.NDArray[np.uint8], Tensor]]:
    """Return (key, frames (T, H, W, 3), clip (3, T, H, W) on the device) of `num` examples spread over the split."""
    examples = _examples(trained, shards, split=split)
    numbers = np.unique(np.linspace(0, len(examples) - 1, min(num, len(examples))).astype(int))
    found = []
    for number in numbers.tolist():
        raw = collate([examples[0, number]])
        found.append(
            (examples.record(number)["key"], trained.kind.predicted_frames(raw, 0)[0], _inputs(trained, raw)["clip"][0])
        )
    return found


def _examples(trained: Trained, shards: Path, *, split: str | None, seed: int = 0, crops: int = 1) -> Examples:
    how: dict[str, Any] = {"crop_px": trained.crop_px, "folds": trained.folds}
    return Examples(shards, trained.kind, split=split, seed=seed, grid=crops, **how)


def _measured(scorer: Scorer, crops_KTHWC: npt.NDArray[np.uint8], rate_fps: float) -> float:
    """Average over the crops that it is defined on; NaN if there is none."""
    values = np.array([scorer.apply(frames, rate_fps) for frames in crops_KTHWC])
    return float(values[np.isfinite(values)].mean()) if np.isfinite(values).any() else float("nan")


def _inputs(trained: Trained, raw: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return what `predict` reads, one row per crop: `clip`, and `reference` where the system compares."""
    crops = {name: value.flatten(0, 1) for name, value in raw.items() if value.dtype == torch.uint8}
    on_device = {name: value.to(trained.device) for name, value in crops.items()}
    return trained.kind.inputs(to_model(on_device | {"draws_u": raw["draws_u"]}, trained.kind, None))


def _row(examples: Examples, raw: dict[str, Any], said: dict[str, Tensor], i: int) -> dict[str, Any]:
    number = int(raw["example"][i])
    record = examples.record(number)
    place = examples.items[number % len(examples.items)][1] or 0
    view = record["views"][int(raw["scored_view"][i]) if "scored_view" in raw else place]
    row = {"key": record["key"], "video_id": record["video_id"], "distortion_name": view["distortion"]}
    row |= {"level": view["level"], "subject_id": record["subject_id"], "group_id": record["group_id"]}
    row |= {"theme": record["theme"], "mos_std": record["mos_std"]}
    row |= {name: raw[name][i].item() for name in _TRUTHS if name in raw}
    for name, value in said.items():
        row[f"said_{name}"] = value[i].item() if value.ndim == 1 else int(value[i].argmax())
    return row
