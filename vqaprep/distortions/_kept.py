"""Which frames are kept where the frame rate is divided."""


def kept_frames(num_frames: int, step: int) -> tuple[int, int, int]:
    """Return start, end and step of the indices of kept frames; the frame before the last is one of them.

    A clip ends with the last frame. Were that a kept one, a clip whose frames are `step` apart would show kept frames
    alone, and would be the original.
    """
    last = max(num_frames - 2, 0)
    return last % step, last + 1, step
