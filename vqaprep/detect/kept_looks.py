"""Where looks at a video are kept, and whether what is there can be used."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from vqaprep.rows import Video

T = TypeVar("T")


def stem_of(video: Video, cache: Path) -> Path:
    """Return where looks at `video` are kept: by its bytes, and by how they are read, without the ending."""
    read = f"{video.stream_index}-{video.width_px}x{video.height_px}-{video.deinterlace}"
    read += "" if video.decoder == "pyav" else f"-{video.decoder}"
    return cache / video.sha256[:2] / f"{video.sha256}-{read}"


def kept(load: Callable[[Path], T], path: Path) -> T | None:
    """Return what the cache holds at `path`, or None if that is nothing or damaged."""
    try:
        return load(path)
    except (
        OSError,
        LookupError,
        TypeError,
        ValueError,
        NotImplementedError,
    ):  # what Arrow raises of bytes or columns that are not as saved
        return None
