"""Watch a video once and remember what later decisions need: times, motion, cuts, and what observers saw."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from vqaprep.errors import MediaError
from vqaprep.media.convert import Frames
from vqaprep.media.decode import DecodedFrame, decode
from vqaprep.rows import Video

LOOK_VERSION = 1  # raise it when the numbers below change meaning: cached looks are then made anew
_WIDTH_PX = 160
_MIN_SHOT_FRAMES = 8


@dataclass(frozen=True, slots=True)
class Look:
    """What one pass over a video saw, an entry a frame in presentation order.

    Attributes:
        times_s: float64 (N,), presentation time.
        motion: float32 (N,), mean absolute luma change from the frame before, on a picture 160
            pixels wide, 0 to 255; 0 at the first frame.
        is_cut: bool (N,), true where a frame opens a new shot.
    """

    times_s: npt.NDArray[np.float64]
    motion: npt.NDArray[np.float32]
    is_cut: npt.NDArray[np.bool_]

    @property
    def num_frames(self) -> int:
        """Frames that the decoder gave."""
        return len(self.times_s)

    def save(self, path: Path) -> None:
        """Write as Parquet, atomically."""
        import pandas as pd

        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        table = pd.DataFrame({"t_s": self.times_s, "motion": self.motion, "is_cut": self.is_cut})
        temporary = path.with_suffix(f".{id(self)}.tmp")
        table.to_parquet(temporary, index=False)
        temporary.replace(path)

    @classmethod
    def load(cls, path: Path) -> "Look":
        """Read what `save` wrote."""
        import pandas as pd

        table = pd.read_parquet(path)
        return cls(
            table["t_s"].to_numpy(np.float64),
            table["motion"].to_numpy(np.float32),
            table["is_cut"].to_numpy(np.bool_),
        )


class Observer(Protocol):
    """Someone who wants to see the frames of the one pass, such as a face detector."""

    def see(self, frame: DecodedFrame, *, is_cut: bool) -> None:
        """Take notice of a frame; the picture is only valid during the call."""


def look(video: Video, observers: Sequence[Observer] = (), *, threads: int = 1) -> Look:
    """Decode `video` once; show every frame to each observer.

    Raises:
        MediaError: `unreadable`, `no_video`, `corrupt`, `truncated`, or `unsupported` (the picture changes its size).
    """
    times_s: list[float] = []
    motion: list[float] = []
    is_cut: list[bool] = []
    detector, before = _cut_detector(video.rate_fps), None
    for frame in decode(video.uri, threads=threads, num_frames=video.num_frames):
        _check_size(frame, video)
        picture = frame.small(_WIDTH_PX)
        luma = picture[..., 1].astype(np.int16)  # green carries most of luma and costs nothing
        times_s.append(frame.t_s)
        motion.append(0.0 if before is None else float(np.abs(luma - before).mean()))
        before = luma
        is_cut.append(detector(frame.index, picture))
        for observer in observers:
            observer.see(frame, is_cut=is_cut[-1])
    return Look(np.asarray(times_s), np.asarray(motion, np.float32), np.asarray(is_cut, np.bool_))


def _check_size(frame: DecodedFrame, video: Video) -> None:
    size = (frame.picture.width, frame.picture.height)
    if size not in ((video.width_px, video.height_px), (video.height_px, video.width_px)):
        detail = f"frame {frame.index} is {size[0]}x{size[1]}, the first is {video.width_px}x{video.height_px}"
        raise MediaError("unsupported", detail)


def _cut_detector(rate_fps: float) -> Any:
    """Return `is_cut(index, rgb)` backed by PySceneDetect's content detector."""
    from scenedetect import ContentDetector, FrameTimecode

    detector = ContentDetector(min_scene_len=_MIN_SHOT_FRAMES)

    def is_cut(index: int, rgb: Frames) -> bool:
        timecode = FrameTimecode(index, rate_fps)
        return any(cut.frame_num == index for cut in detector.process_frame(timecode, rgb[..., ::-1]))

    return is_cut
