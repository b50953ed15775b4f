"""Sizes and durations as people read them."""


def seconds(value_s: float) -> str:
    """Return a duration for people."""
    if value_s < 60:
        return f"{value_s:.3g} s"
    minutes, rest_s = divmod(round(value_s), 60)
    return f"{minutes} min {rest_s} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def size(num_bytes: float) -> str:
    """Return a size for people, in powers of 1000."""
    for unit in ("B", "kB", "MB", "GB"):
        if num_bytes < 1000:
            return f"{num_bytes:.3g} {unit}"
        num_bytes /= 1000
    return f"{num_bytes:.3g} TB"
