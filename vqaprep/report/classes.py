"""Names for class numbers."""

from vqaprep.labels import change_range

_PATTERNS = ("constant", "faster", "slower")
_COARSE = ("1", "2", "3", "4", "1 faster", "2 faster", "1 slower", "2 slower")


def speed_name(task: str, pool: int, number: int) -> str:
    """Return what a speed class means, such as `1 then 3`; the number itself where that is unknown."""
    if task == "fine" and 0 <= number < pool**2:
        first, second = divmod(number, pool)
        return f"{first + 1} then {second + 1}" if first != second else f"{first + 1}"
    if task == "pace":
        return str(number + 1)
    names = {"pattern": _PATTERNS, "coarse": _COARSE}.get(task, ())
    return names[number] if 0 <= number < len(names) else str(number)


def place_name(num_frames: int, number: int) -> str:
    """Return the frame at which a localization class says the speed changes, or `no change`."""
    low, high = change_range(num_frames)
    return f"frame {low + number}" if number <= high - low else "no change"
