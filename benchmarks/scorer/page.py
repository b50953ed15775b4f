"""What is measured of the scorer, as JSON and as a page."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import spearmanr

from benchmarks.scorer.baselines import KNOWS_TRUTH, baselines
from benchmarks.scorer.build import numbers
from benchmarks.scorer.figures import (
    CLEAN_BITS,
    damaged_below_reference,
    interval,
    ladders,
    sets_of,
    srocc,
    within_kinds,
)
from vqaprep.evaluation.quality.scale import doubt_of, score_second, score_video
from vqaprep.evaluation.quality.weights import Weights, load_weights
from vqaprep.evaluation.table import to_markdown

Values = NDArray[np.float64]
Figures = dict[str, Any]


def figures_of(tables: dict[str, pd.DataFrame], found: dict[str, Any], path: Path, bits: dict[str, float]) -> Figures:
    """Return every figure of the page; `bits` are those of each pixel of the source of a content."""
    weights = load_weights(path)
    is_film = ~tables["train"].content.str.endswith((".png", ".jpg")).to_numpy()  # photos help to learn, no more
    said = found["said"][is_film]
    rivals = {name: values[is_film] for name, values in baselines(tables["train"], found["fold"]).items()}
    train = tables["train"][is_film].reset_index(drop=True)
    train = train.assign(bits_per_px=train.content.map(bits))
    is_clean = (train.bits_per_px >= CLEAN_BITS).to_numpy()
    clean, clean_said = train[is_clean].reset_index(drop=True), said[is_clean]
    figures: Figures = {
        "clips": len(train), "contents": int(train.content.nunique()), "films": int(train.group.nunique()),
        "clean contents": int(clean.content.nunique()), "clean films": int(clean.group.nunique()),
        "bytes": path.stat().st_size, "inputs": len(weights.inputs),
        "ranks": {name: _ranks(train[rows].reset_index(drop=True), said[rows],
                               {rival: values[rows] for rival, values in rivals.items()})
                  for name, rows in sets_of(train).items()},
    }  # fmt: skip
    figures["kinds"] = [
        {"kind": kind, "clips": len(part), "VMAF from": part.vmaf.min(), "to": part.vmaf.max(),
         "SROCC": srocc(part, clean_said[part.index]),
         "mean error": float((clean_said[part.index] - part.vmaf).abs().mean())}
        for kind, part in clean.groupby("kind") if kind != "none"
    ]  # fmt: skip
    figures["order"] = {
        name: {"value": figure(clean, clean_said), "interval": interval(clean, figure, clean_said, draws=50)}
        for name, figure in {
            "within kinds": within_kinds, "ladders": ladders,
            "damaged below reference, VMAF under 90": damaged_below_reference,
            "damaged below reference, all": partial(damaged_below_reference, below=101.0),
        }.items()
    }  # fmt: skip
    inside = (train.vmaf >= found["low"][is_film]) & (train.vmaf <= found["high"][is_film])
    figures["coverage"] = {
        "unseen films": float(inside.mean()),
        "clean": float(inside[is_clean].mean()),
        "width": float((found["high"] - found["low"]).mean()),
    }
    figures["held out"] = _held_out(tables["held_out"], weights)
    figures["domain"] = _domain(tables, found["domain"], weights)
    return figures


def markdown(figures: Figures) -> str:
    """Return the page."""
    megabytes = figures["bytes"] / 1e6
    parts = [
        "# The shipped scorer of quality",
        f"`make weights` on {figures['clips']} clips of {figures['contents']} contents from {figures['films']} films; "
        "folds by film; 95 % intervals by bootstrap over films. The target is VMAF v0.6.1 against the undamaged clip. "
        f"The file has {megabytes:.2f} MB and reads {figures['inputs']} numbers of each window.",
        f"A reference counts as clean where its source film holds {CLEAN_BITS:g} coded bits for each pixel or more: "
        f"{figures['clean contents']} contents of {figures['clean films']} films. VMAF calls the others perfect, too, "
        "although their own compression shows. The scorer learned from all of them.",
    ]
    for name, rows in figures["ranks"].items():
        parts += [f"## Rank correlation with VMAF on unseen films: {name}", to_markdown(rows, digits=3)]
    order = [{"figure": name, "value": one["value"], "95 % from": one["interval"][0], "to": one["interval"][1]}
             for name, one in figures["order"].items()]  # fmt: skip
    parts += [
        "## Order, clean references",
        to_markdown(order, digits=3),
        "## By kind of damage, clean references",
        to_markdown(figures["kinds"], digits=2),
    ]
    held, cover = figures["held out"], figures["coverage"]
    parts += [
        "## Films that were never trained on (demonstration films), and intervals",
        to_markdown([
            {"clips": "unseen films, folds", "coverage of 90 % intervals": cover["unseen films"],
             "mean width": cover["width"], "SROCC": None},
            {"clips": f"{held['clips']} clips of {held['films']} demonstration films",
             "coverage of 90 % intervals": held["coverage"], "mean width": held["width"], "SROCC": held["srocc"]},
        ], digits=3),
        "## Do not know", to_markdown(figures["domain"], digits=3),
    ]  # fmt: skip
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def _ranks(table: pd.DataFrame, said: Values, rivals: dict[str, Values]) -> list[dict[str, Any]]:
    low, high = interval(table, srocc, said)
    rows: list[dict[str, Any]] = [{"scorer": "shipped", "SROCC": srocc(table, said), "95 % from": low, "to": high}]
    for name, values in rivals.items():
        low, high = interval(table, srocc, values)
        lead = interval(table, srocc, said, values)
        label = f"{name} (knows the truth)" if name in KNOWS_TRUTH else name
        rows.append({"scorer": label, "SROCC": srocc(table, values), "95 % from": low, "to": high,
                     "our lead from": lead[0], "our lead to": lead[1]})  # fmt: skip
    return rows


def _scored(weights: Weights, table: pd.DataFrame) -> pd.DataFrame:
    inputs = numbers(table, list(weights.inputs))
    quality = weights.quality(inputs)
    half = np.exp(weights.forests["spread"].predict(inputs)) * weights.about["scale"]["times"]
    return pd.DataFrame(
        {"quality": quality, "low": (quality - half).clip(0, 100), "high": (quality + half).clip(0, 100)}
    )


def _held_out(table: pd.DataFrame, weights: Weights) -> Figures:
    said = _scored(weights, table)
    inside = (table.vmaf >= said.low) & (table.vmaf <= said.high)
    return {
        "clips": len(table), "films": int(table.group.nunique()), "coverage": float(inside.mean()),
        "width": float((said.high - said.low).mean()), "srocc": float(spearmanr(said.quality, table.vmaf)[0]),
    }  # fmt: skip


def _domain(tables: dict[str, pd.DataFrame], domain: dict[str, Any], weights: Weights) -> list[Figures]:
    """Return how often the scorer says that it does not know, by what it was shown."""
    doubts = (domain["drawn_said"] > domain["most_drawn"]) | (domain["drawn_strange"] > domain["most_strange"])
    natural = (domain["natural_said"] > domain["most_drawn"]) | (domain["strange"] > domain["most_strange"])
    group = tables["drawn"].group.str.replace(r"-\d+$", "", regex=True)
    rows = [{"clips": f"{name}, left out of training", "number": int((group == name).sum()),
             "do not know": float(doubts[(group == name).to_numpy()].mean())}
            for name in ("screen", "cartoon", *sorted(n for n in group.unique() if "animation" in n))]  # fmt: skip
    rows.append(
        {"clips": "natural, left out of training", "number": len(natural), "do not know": float(natural.mean())}
    )
    demo = tables["demo"]
    is_drawn = demo.content.str.startswith("animation")
    for name, part in (
        ("demonstration films, whole", demo[~is_drawn]),
        ("animated demonstration films", demo[is_drawn]),
    ):
        doubted = [bool(_doubt(weights, film)) for _, film in part.groupby("content")]
        rows.append({"clips": name, "number": len(doubted), "do not know": float(np.mean(doubted))})
    return rows


def _doubt(weights: Weights, film: pd.DataFrame) -> str:
    names = list(weights.inputs)
    seconds = [score_second(weights, second[names].to_dict("records")) for _, second in film.groupby("second")]
    return doubt_of(weights, score_video(seconds))
