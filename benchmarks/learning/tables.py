"""What the learning benchmark found, as tables: ours, its interval, chance and baselines beside it."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.figures import table

_CLASSES = {
    "distortion": ("distortion type, 5 classes", 0.8),
    "pace": ("pace, 4 classes", None),
}
_SCORES = ("accuracy", "f1", "sensitivity", "specificity", "auc_hard", "auc_soft")
_METHODS = {
    "of_ssl_v3": "SSL-V3",
    "of_ssl_v3_warm": "SSL-V3, warm start",
    "of_plain": "plain classifier",
    "of_plain_warm": "plain classifier, warm start",
}


def classes(folder: Path) -> str:
    """Return a row for each label that an evaluation tells of."""
    metrics, rows = _metrics(folder), []
    for name, (shown, aim) in _CLASSES.items():
        if name not in metrics:
            continue
        found, fresh = metrics[name], metrics["baselines"]["random weights"][name]["accuracy"]
        low, high = found["interval_95"]
        measured = [_percent(found["accuracy"]), _between(low, high)]
        others = [_percent(found["chance"]), _percent(found["constant"]), _percent(fresh)]
        reached = ["", ""] if aim is None else [f"over {_percent(aim)}", _yes(found["accuracy"] > aim)]
        rows.append([shown, *measured, *others, _yes(low > found["chance"]), *reached])
    head = ("label", "accuracy", "95 % over films", "chance", "best constant", "random weights")
    return table((*head, "above chance", "aim", "reached"), rows)


def quality(folder: Path) -> str:
    """Return the rank correlation with measured VMAF, ours and that of each baseline on the same clips."""
    metrics = _metrics(folder)
    rows = [_correlation("fine-tuned", metrics["quality"]["clips"])]
    rows += [_correlation(name, found["quality"]["clips"]) for name, found in metrics["baselines"].items()]
    return table(("method", "clips", "SROCC", "95 % over films", "PLCC", "our lead, 95 % over films"), rows)


def fights(out: Path) -> str:
    """Return mean and deviation over the runs that are done, in %: of videos by mean softmax, and of 16-frame clips."""
    rows = []
    for number, (name, shown) in enumerate(_METHODS.items(), start=11):
        folders = sorted(path.parent for path in out.glob(f"{number}-{name}-fold-*/metrics.json"))
        if not folders:
            raise FileNotFoundError(0, "no run is done", str(out / name))
        labels = [_metrics(folder)["label"] for folder in folders]
        videos, clips = (pd.DataFrame([label[part] for label in labels]) for part in ("videos", "clips"))
        found = [_spread(videos["accuracy"]), *(_spread(clips[measure]) for measure in _SCORES)]
        rows.append([shown, str(len(folders)), *found])
    rows.append(["published (Akti et al., IPTA 2019)", "", "72", *[""] * len(_SCORES)])
    clips_head = ("clips: accuracy", "F1", "sensitivity", "specificity", "AUC (hard)", "AUC (soft)")
    return table(("method", "runs", "videos: accuracy", *clips_head), rows)


def seconds(out: Path, parts: Sequence[str]) -> str:
    """Return how long each part took by its commands, from their `run.json`."""
    spent: dict[str, dict[str, float]] = {}
    for part in parts:
        for path in (out / part).glob("*/run.json"):
            run, found = json.loads(path.read_text(encoding="utf-8")), spent.setdefault(part, {})
            found[run["command"]] = found.get(run["command"], 0) + run["seconds"]
    commands = sorted({name for found in spent.values() for name in found})
    rows = [[p, *(f"{f.get(c, 0):.0f}" for c in commands), f"{sum(f.values()):.0f}"] for p, f in spent.items()]
    return table(("part", *commands, "all"), rows)


def _metrics(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    return found


def _correlation(name: str, found: Mapping[str, float]) -> list[str]:
    interval = f"{found['srocc_low_95']:.3f} to {found['srocc_high_95']:.3f}"
    lead = f"{found['lead_low_95']:.3f} to {found['lead_high_95']:.3f}" if "lead_low_95" in found else ""
    return [name, str(found["num_videos"]), f"{found['srocc']:.3f}", interval, f"{found['plcc']:.3f}", lead]


def _spread(shares: "pd.Series[float]") -> str:
    return f"{100 * shares.mean():.1f} ± {100 * shares.std(ddof=0):.1f}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _between(low: float, high: float) -> str:
    return f"{_percent(low)} to {_percent(high)}"


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "NO"
