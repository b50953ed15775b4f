"""Tables over several test sets and repeats: cross-data-set results and significance."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from vqaprep.evaluation.compare import Evaluation, flat, grouped
from vqaprep.evaluation.significance import verdict
from vqaprep.evaluation.table import TableRow, write_table
from vqaprep.training.correlation import cross_rows

_HEADLINES = ("quality.videos.srocc", "quality.clips.srocc", "label.subjects.accuracy", "label.accuracy")
"""The first of these that all evaluations have is what they are judged by."""

Values = Mapping[tuple[str, str], Sequence[float]]
"""(run, test set) -> the headline measure of each repeat."""


def write_matrices(evaluations: Sequence[Evaluation], out: Path) -> None:
    """Write `cross.*`, runs against test sets, and `significance.*`, runs against runs, where there are several."""
    values = headline(evaluations)
    runs, tests = (list(dict.fromkeys(key[place] for key in values)) for place in (0, 1))
    if len(tests) > 1:
        write_table(_cross(values), out / "cross")
    if len(runs) > 1 and all(len(repeats) > 1 for repeats in values.values()):
        write_table(significance(values), out / "significance")


def headline(evaluations: Sequence[Evaluation]) -> Values:
    """Return the first headline measure that all evaluations share, of each repeat; empty where none is."""
    groups = {key: [flat(one.metrics) for one in members] for key, members in grouped(evaluations).items()}
    every = [measures for members in groups.values() for measures in members]
    name = next((name for name in _HEADLINES if all(name in measures for measures in every)), None)
    return {} if name is None else {key: [one[name] for one in members] for key, members in groups.items()}


def significance(values: Values) -> list[TableRow]:
    """Return a row and a column a run: a symbol a test set, `1` where the row is superior (source 002, Table 6).

    By the one-sided Wilcoxon rank-sum test at 95 %; `-` where neither is, and where one was not tested.
    """
    runs, tests = (list(dict.fromkeys(key[place] for key in values)) for place in (0, 1))

    def symbol(row: str, column: str, test: str) -> str:
        pair = [values.get((run, test)) for run in (row, column)]
        return "-" if pair[0] is None or pair[1] is None or row == column else verdict(pair[0], pair[1])

    return [{"run": row} | {c: " ".join(symbol(row, c, test) for test in tests) for c in runs} for row in runs]


def _cross(values: Values) -> list[TableRow]:
    return cross_rows({key: sum(repeats) / len(repeats) for key, repeats in values.items()})
