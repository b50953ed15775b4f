"""One task of a job array, on a node of the cluster: `python -m vqaprep.engines.array_task FOLDER`."""

import logging
import os
import pickle
import platform
import re
import sys
from pathlib import Path

from vqaprep.engines import Done, Failed
from vqaprep.engines.local import LocalEngine
from vqaprep.engines.spool import Raised, Results, read
from vqaprep.engines.worker import portable

_log = logging.getLogger(__name__)
WORK = "work.pkl"
"""Holds (work, limits) for all tasks of an array."""


def items_path(folder: Path, task: int) -> Path:
    """Return the file that holds a list of (index, item) for one task."""
    return folder / f"{task}.items"


def results_paths(folder: Path, task: int) -> list[Path]:
    """Return the files of records that the starts of one task left: several where it was requeued."""
    return sorted(folder.glob(f"{task}.*.results"))


def signed(detail: str, name: str) -> str:
    """Return why an item was given up, and the task (`12_3`) whose log has details."""
    return f"{detail} (Slurm task {name})"


def signer(detail: str) -> str | None:
    """Return the task that signed, if one did."""
    match = re.search(r"\(Slurm task (\d+_\d+)\)$", detail)
    return match and match[1]


def run_task(folder: Path, task: int, name: str) -> None:
    """Process the items that no earlier start of this task finished, one process at a time.

    A single worker of the local engine does them, so a hang or a crash costs one item here as there.
    An item's result is on disk before the next one counts: a task may be killed and started again at any time.
    """
    # A file per start: a requeued task may begin while its killed predecessor still writes.
    start = len(results_paths(folder, task))
    with Results(folder / f"{task}.{start:03d}-{platform.node()}-{os.getpid()}.results") as results:
        try:
            _do_items(folder, task, name, results)
        except Exception as error:  # noqa: BLE001  the coordinator raises it
            _log.exception("the work raised")
            results.write(Raised(portable(error)))


def _do_items(folder: Path, task: int, name: str, results: Results) -> None:
    work, limits = pickle.loads((folder / WORK).read_bytes())  # noqa: S301  our coordinator's, in a private folder
    items = pickle.loads(items_path(folder, task).read_bytes())  # noqa: S301  likewise
    before = [record for path in results_paths(folder, task) for record in read(path)[0]]
    finished = {record.index for record in before if isinstance(record, Done | Failed)}
    left = [(index, item) for index, item in items if index not in finished]
    _log.info("Slurm task %s on %s: %d items, %d done before", name, platform.node(), len(items), len(finished))
    for outcome in LocalEngine(1, limits).map(work, [item for _, item in left]):
        index = left[outcome.index][0]
        if isinstance(outcome, Done):
            results.write(Done(index, outcome.value, outcome.seconds))
            _log.info("item %d: done in %.1f s", index, outcome.seconds)
        else:
            results.write(Failed(index, outcome.reason, signed(outcome.detail, name)))
            _log.warning("item %d: %s: %s", index, outcome.reason, outcome.detail)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    array, number = os.environ["SLURM_ARRAY_JOB_ID"], os.environ["SLURM_ARRAY_TASK_ID"]
    run_task(Path(sys.argv[1]), int(number), f"{array}_{number}")
