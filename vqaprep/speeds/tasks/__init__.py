"""Tasks that draw playback speeds: one file per task, found by its file name.

Another package adds its own by an entry point of the group `vqaprep.tasks`.
"""

from collections.abc import Sequence

from vqaprep.packages.registry import Registry
from vqaprep.speeds.labels import Labels, Rates, change_range, recover
from vqaprep.speeds.tasks._task import Task

__all__ = ["Task", "get", "label", "names", "num_classes", "place_name", "relabel", "speed_name"]
_PARTS = Registry(__name__, group="tasks", word="task", called=lambda name: "TASK")


def names() -> tuple[str, ...]:
    """Return the name of every task that draws speeds, sorted, without importing any."""
    return _PARTS.names()


def get(name: str) -> Task:
    """Return the task called `name`.

    Raises:
        InputError: no file of this folder and no other package has a task of that name.
    """
    return _PARTS.load(name, Task, "it must name a vqaprep.speeds.tasks.Task")


def label(rates: Rates, task: str, *, num_frames: int, pool: int) -> Labels:
    """Return the labels of `rates` under `task`, whose speeds are 1..`pool`; none of a task that draws no speeds."""
    return get(task).label(rates, num_frames, pool) if task in names() else Labels(None, None)


def relabel(ticks: Sequence[int], task: str, *, pool: int, interval: int = 1) -> tuple[Rates, Labels]:
    """Return the transform and labels that `ticks` themselves show, to be compared with the stored ones.

    Raises:
        ValueError: the ticks are no transform at all, or not one of whole multiples of `interval`.
    """
    scaled = recover(ticks)
    if scaled.first % interval or scaled.second % interval:
        raise ValueError(f"steps {scaled.first} and {scaled.second} are not multiples of the interval {interval}")
    rates = Rates(scaled.first // interval, scaled.second // interval, scaled.change_index)
    return rates, label(rates, task, num_frames=len(ticks), pool=pool)


def num_classes(task: str, pool: int) -> int:
    """Return the number of speed classes of `task`; 0 for one that draws no speeds."""
    return len(get(task).class_names(pool)) if task in names() else 0


def speed_name(task: str, pool: int, number: int) -> str:
    """Return what a speed class means, such as `1 then 3`; the number itself where that is unknown."""
    class_names = get(task).class_names(pool) if task in names() else ()
    return class_names[number] if 0 <= number < len(class_names) else str(number)


def place_name(num_frames: int, number: int) -> str:
    """Return the frame at which a localization class says the speed changes, or `no change`."""
    low, high = change_range(num_frames)
    return f"frame {low + number}" if number <= high - low else "no change"
