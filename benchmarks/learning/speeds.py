"""The table of speed, place and pace: ours over all folds and draws beside its rivals, with intervals over films."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.figures import table
from benchmarks.learning.rivals import RIVALS, rivals
from vqaprep.evaluation.content_draws import interval_of, share_draws
from vqaprep.rows import parquet
from vqaprep.training.agreement import balanced_accuracy
from vqaprep.training.examples.query_key import QueryKey

_DRAWS, _SEED = 2, 1  # of `evaluate` in pipelines/learning/speediness.toml
_TASKS = {
    "fine": {"speed_class": "speed, 9 classes", "localization_class": "place of change, 7 classes"},
    "pace": {"speed_class": "pace, 3 speeds"},
}
_AIMS = {"speed, 9 classes": 0.55, "place of change, 7 classes": 0.55, "pace, 3 speeds": 0.60}


def speeds(out: Path) -> str:
    """Return one table for all labels; `out` is the folder of the part `speediness`."""
    rows, done = [], []
    for task, labels in _TASKS.items():
        found = _predictions(out, task)
        size = f"{found['group_id'].nunique()} films, {len(found)} clips"
        done.append(f"- `{task}`: folds {' '.join(map(str, sorted(found['fold'].unique())))} of 0 to 4; {size}.")
        for label, shown in labels.items():
            rows += _rows(found, label, shown)
    head = ("label", "method", "accuracy", "95 % over films", "balanced accuracy", "our lead, 95 % over films")
    return "\n\n".join([table(head, rows), "\n".join(["Tested so far:", "", *done])])


def _rows(found: pd.DataFrame, label: str, shown: str) -> list[list[str]]:
    true = found[label].to_numpy(int)
    ours = [found[column].to_numpy(int) for column in found.columns if column.startswith(f"ours: {label}")]
    is_right = np.mean([said == true for said in ours], axis=0)
    draws = share_draws(is_right, found, 0)
    balanced = float(np.mean([balanced_accuracy(said, true) for said in ours]))
    reached = f"{shown} (aim {_AIMS[shown]:.0%})"
    rows = [[reached, f"preset motion, {len(ours)} seed(s)", *_figures(is_right, draws), _percent(balanced), ""]]
    for name in RIVALS:
        said = found[f"{name}: {label}"].to_numpy(int)
        theirs = share_draws(said == true, found, 0)
        lead = interval_of(draws - theirs)
        rows.append([shown, name, *_figures(said == true, theirs), _percent(balanced_accuracy(said, true)),
                     f"{100 * lead[0]:+.1f} to {100 * lead[1]:+.1f}"])  # fmt: skip
    return rows


def _predictions(out: Path, task: str) -> pd.DataFrame:
    """Return a row for each test clip of all folds: truth, what each seed of ours says, and what the rivals say."""
    parts = []
    folders = {path.name for path in out.glob(f"*-of_{task}-fold-*")}
    folds = sorted({int(name.partition("-fold-")[2].partition("-")[0]) for name in folders})
    if not folds:
        raise FileNotFoundError(0, "no run is done", str(out / f"of_{task}"))
    shards = next(out.glob("*-shard"))
    for fold in folds:
        kept = out / f"rivals-{task}-{fold}.parquet"
        if not kept.exists():
            kind = QueryKey(task=task, reverse=True)
            rivals(shards, kind, fold=fold, draws=_DRAWS, seed=_SEED).to_parquet(kept)
        part = parquet.read(kept).to_pandas()
        for folder in sorted(out.glob(f"*-of_{task}-fold-{fold}-*")):
            said = parquet.read(folder / "predictions.parquet").to_pandas()
            truth = _TASKS[task]
            if not all(part[name].tolist() == said[name].tolist() for name in ("key", *truth)):
                raise ValueError(f"{folder} holds other clips than {kept}; remove the latter")
            for label in truth:
                part[f"ours: {label} {folder.name.rpartition('-')[2]}"] = said[f"said_{label}"]
        parts.append(part.assign(fold=fold))
    joined: pd.DataFrame = pd.concat(parts, ignore_index=True)
    return joined


def _figures(is_right: NDArray[Any], draws: NDArray[np.float64]) -> tuple[str, str]:
    low, high = interval_of(draws)
    return _percent(float(np.mean(is_right))), f"{_percent(low)} to {_percent(high)}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
