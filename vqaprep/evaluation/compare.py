"""One table of several evaluations: a row a name; runs that differ only in seed or fold become mean and deviation."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path, PurePath
from typing import Any

import numpy as np
import pandas as pd
from pyarrow import ArrowInvalid

from vqaprep.errors import InputError, IntegrityError
from vqaprep.evaluation.classification import over_runs
from vqaprep.evaluation.protocols import subjects
from vqaprep.evaluation.subject import Vote, pool_folds, subject_scores, vote
from vqaprep.evaluation.table import TableRow, to_markdown
from vqaprep.rows import parquet
from vqaprep.rows.outfolder.record import read_run
from vqaprep.storage.durable import durable, read_json

_DRAW = re.compile(r"(?:^|[-_. ]+)(?:seed|fold|draw|split)[-_= ]?\d+", re.IGNORECASE)
_BOOKKEEPING = (
    "num_examples",
    "num_samples",
    "num_videos",
    "num_train_videos",
    "num_different",
    "num_similar",
    "num_gallery",
    "num_queries",
    "chance",
    "constant",
)


@dataclass(frozen=True)
class Evaluation:
    """What `evaluate` left in `path`: its metrics, whose run they are, of which shards, and its predictions."""

    path: Path
    run: str
    shards: str
    metrics: dict[str, Any]
    predictions: pd.DataFrame


def find_evaluations(paths: Sequence[Path]) -> list[Evaluation]:
    """Read evaluation folders, or folders that hold some, in order and each once.

    Raises:
        InputError: a folder holds no finished evaluation.
    """
    evaluations: dict[Path, Evaluation] = {}
    for path in paths:
        folders = [path] if (path / "metrics.json").is_file() else sorted(p.parent for p in path.rglob("metrics.json"))
        records = [(folder, read_run(folder)) for folder in folders]
        done = [(folder, record) for folder, record in records if record and record["command"] == "evaluate"]
        if not done:
            raise InputError(
                f"{path} holds no finished evaluation; make one with `vqaprep evaluate RUN SHARDS -o {path}`"
            )
        evaluations |= {folder.resolve(): _read(folder, record) for folder, record in done}
    return list(evaluations.values())


def names_of(runs: Sequence[str]) -> list[str]:
    """Return a name for each run: its path without the folders that all share, and without seed and fold."""
    parts = [PurePath(run).parts for run in runs]
    num_shared = 0
    while all(len(p) > num_shared + 1 and p[num_shared] == parts[0][num_shared] for p in parts):
        num_shared += 1
    kept = [[_DRAW.sub("", part) for part in path[num_shared:]] for path in parts]
    return ["/".join(filter(None, path)) or whole[-1] for path, whole in zip(kept, parts, strict=True)]


def compare(evaluations: Sequence[Evaluation]) -> list[TableRow]:
    """Return a row a name with each metric's mean and, as METRIC_std and METRIC_median, its spread over runs of it.

    A run that was evaluated on several shard folders has a row for each. Baselines that were evaluated have rows
    of their own below their run. Where the runs of a name held out different subjects they are folds:
    `pooled.METRIC` counts each subject once, over all folds.
    """
    rows: list[TableRow] = []
    for (run, test), members in grouped(evaluations).items():
        name = f"{run} on {test}" if test else run
        rows.append(_row(name, [e.metrics for e in members]) | _pooled(members))
        baselines = dict.fromkeys(b for e in members for b in e.metrics.get("baselines", {}))
        for baseline in baselines:
            baseline_metrics = [
                e.metrics["baselines"][baseline] for e in members if baseline in e.metrics.get("baselines", {})
            ]
            rows.append(_row(f"{name}: {baseline}", baseline_metrics))
    return rows


def grouped(evaluations: Sequence[Evaluation]) -> dict[tuple[str, str], list[Evaluation]]:
    """Return what belongs together, by the names of run and shards; the latter is empty where a run has but one."""
    runs, tests = names_of([e.run for e in evaluations]), names_of([e.shards for e in evaluations])
    tests_of = {run: {test for r, test in zip(runs, tests, strict=True) if r == run} for run in runs}
    groups: dict[tuple[str, str], list[Evaluation]] = {}
    for run, test, evaluation in zip(runs, tests, evaluations, strict=True):
        groups.setdefault((run, test if len(tests_of[run]) > 1 else ""), []).append(evaluation)
    return groups


def write_comparison(rows: Sequence[TableRow], out: Path, *, digits: int = 4) -> None:
    """Write `comparison.parquet`, numbers, and `comparison.md`, in which a cell is mean ± deviation."""
    with durable(out / "comparison.parquet") as temporary:
        pd.DataFrame(rows).to_parquet(temporary, index=False)
    text = to_markdown([_as_text(row, digits) for row in rows], digits=digits)
    with durable(out / "comparison.md") as temporary:
        temporary.write_text(text, encoding="utf-8")


def flat(metrics: Mapping[str, Any], prefix: str = "") -> dict[str, float]:
    """Return every single measure of `metrics.json` under its path, such as `quality.videos.srocc`."""
    measures: dict[str, float] = {}
    for name, value in metrics.items():
        if isinstance(value, Mapping) and name != "baselines":
            measures |= flat(value, f"{prefix}{name}.")
        elif isinstance(value, int | float) and name not in _BOOKKEEPING and not name.endswith("_95"):
            measures[f"{prefix}{name}"] = float(value)
    return measures


def _read(folder: Path, record: Mapping[str, Any]) -> Evaluation:
    remedy = "evaluate again, with --force"
    metrics = read_json(folder / "metrics.json", remedy=remedy)
    try:
        run, shards = record["settings"]["run"], record["settings"].get("shards", "shards")
    except (KeyError, TypeError, AttributeError) as error:
        raise IntegrityError(f"{folder / 'run.json'} does not say which run was evaluated; {remedy}") from error
    try:
        predictions = parquet.read(folder / "predictions.parquet")
    except (ArrowInvalid, FileNotFoundError) as error:
        raise IntegrityError(f"{folder / 'predictions.parquet'} is missing or damaged ({error}); {remedy}") from error
    return Evaluation(folder, run, shards, metrics, predictions.to_pandas(use_threads=False))


def _row(name: str, runs: Sequence[Mapping[str, Any]]) -> TableRow:
    measures = [flat(metrics) for metrics in runs]
    shared = [name for name in measures[0] if all(name in one for one in measures)]
    row: TableRow = {"name": name, "runs": len(runs)}
    for measure, (mean, deviation) in over_runs([{m: one[m] for m in shared} for one in measures]).items():
        row[measure] = mean
        if len(runs) > 1:
            row |= {
                f"{measure}_std": deviation,
                f"{measure}_median": float(np.median([one[measure] for one in measures])),
            }
    return row


def _pooled(folds: Sequence[Evaluation]) -> TableRow:
    """Return the subject scores over all folds; nothing for one run, or for runs on the same subjects."""
    votes = [_votes(fold) for fold in folds]
    names = [outcome.subject_id for fold in votes for outcome in fold]
    if len(folds) < 2 or not all(votes) or len(set(names)) < len(names):
        return {}
    return {f"pooled.{name}": value for name, value in asdict(subject_scores(pool_folds(votes))).items()}


def _votes(fold: Evaluation) -> list[Vote]:
    """Return one vote a subject; none where the labels are not two classes."""
    predicted, positive = fold.predictions, fold.metrics.get("label", {}).get("positive")
    shares = [name for name in predicted.columns if name.startswith("label=")]
    if len(shares) != 2 or "label" not in predicted:
        return []
    labelled, number = (
        predicted[predicted["label"].notna()],
        1 if positive is None else shares.index(f"label={positive}"),
    )
    truth, said = ((labelled[column].to_numpy(int) == number).astype(int) for column in ("label", "said_label"))
    return vote(subjects(labelled), truth, predicted=said, probabilities=labelled[shares[number]].to_numpy(float))


def _as_text(row: TableRow, digits: int) -> TableRow:
    """Return the row as text: a column may hold plain numbers in one row, mean and deviation in another."""
    texts: TableRow = {}
    for name, value in row.items():
        if isinstance(value, float) and not name.endswith(("_std", "_median")):
            deviation = f" ± {row[f'{name}_std']:.{digits}f}" if f"{name}_std" in row else ""
            texts[name] = f"{value:.{digits}f}{deviation}" if isfinite(value) else ""
        elif not isinstance(value, float):
            texts[name] = value
    return texts
