"""Pictures of results for people: scores over time, features in the plane."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib import colormaps
from matplotlib.figure import Figure

from vqaprep.storage.durable import durable

_MAX_NAMED = 12


def over_time(found: pd.DataFrame, target: Path) -> None:
    """Draw the predictions for a video's clips over time; see `score.clip_scores`."""
    columns: list[str] = list(found.columns)
    labels = sorted({name.partition("=")[0] for name in columns if "=" in name})
    panels = (["quality"] if "quality" in found else []) + labels
    figure = Figure(figsize=(6, 1.8 * len(panels)), layout="constrained")
    edges = [*found["start_s"], found["end_s"].iloc[-1]]
    for axes, panel in zip(figure.subplots(len(panels), squeeze=False)[:, 0], panels, strict=True):
        lines = [name for name in columns if name == panel or name.startswith(f"{panel}=")]
        for name in lines:
            axes.stairs(found[name], edges, baseline=None, label=name.partition("=")[2])
        axes.set(ylabel=panel, xlabel="s" if panel == panels[-1] else "")
        if 1 < len(lines) <= _MAX_NAMED:
            axes.legend(fontsize="small", loc="upper left", bbox_to_anchor=(1, 1))
    _save(figure, target)


def plane(points_N2: npt.NDArray[Any], names: Sequence[str], target: Path, *, title: str) -> None:
    """Draw points in the plane, a colour a name; names stand beside them where they are few."""
    figure = Figure(figsize=(6, 5), layout="constrained")
    axes = figure.subplots()
    unique_names = sorted(set(names))
    for number, name in enumerate(unique_names):
        rows = np.flatnonzero(np.asarray(names, dtype=str) == name)
        color = colormaps["turbo"]((number + 0.5) / len(unique_names))
        axes.scatter(points_N2[rows, 0], points_N2[rows, 1], s=12, color=color, label=name)
    axes.set(xticks=[], yticks=[], title=title)
    if len(unique_names) <= _MAX_NAMED:
        axes.legend(fontsize="small")
    _save(figure, target)


def _save(figure: Figure, target: Path) -> None:
    with durable(target) as temporary:
        figure.savefig(temporary, format="png", dpi=110, metadata={"Software": None})
