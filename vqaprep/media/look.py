"""Decode a video once and store what later decisions need: times, motion, cuts, and the results of observers."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from vqaprep.media.clock import Break, Clock
from vqaprep.media.damage import check_share
from vqaprep.media.decode import DecodedFrame, decode
from vqaprep.media.rate import UNKNOWN_FPS
from vqaprep.rows import Video, parquet
from vqaprep.storage.durable import durable

LOOK_VERSION = 5  # raise it when the numbers below change meaning: cached looks are then made anew
_WIDTH_PX = 160
_MIN_SHOT_FRAMES = 8
_LEAST_CHANGE = 4.0  # motion below which no shot opens; the real cuts that were measured change five times as much


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """The result of one pass over a video, one entry per frame in presentation order.

    Attributes:
        times_s: float64 (N,), presentation time.
        motion: float32 (N,), mean absolute luma change from the frame before, on a picture 160
            pixels wide, 0 to 255; 0 at the first frame.
        breaks: uint8 (N,), why the stretch before a frame ends there (`clock.Break`); 0 within a stretch.
    """

    times_s: npt.NDArray[np.float64]
    motion: npt.NDArray[np.float32]
    breaks: npt.NDArray[np.uint8]

    @property
    def num_frames(self) -> int:
        """Frames that the decoder gave."""
        return len(self.times_s)

    @property
    def num_damaged(self) -> int:
        """Frames that damage reaches: each opens a stretch of its own, and so does the sound frame after the last."""
        is_broken = (self.breaks & Break.DAMAGE) != 0
        return int(np.count_nonzero(is_broken[:-1] & is_broken[1:])) + int(is_broken[-1:].any())

    def save(self, path: Path, video: Video) -> None:
        """Write as Parquet, durably, with what it is a look at."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        table = pa.table({"t_s": self.times_s, "motion": self.motion, "breaks": self.breaks})
        table = table.replace_schema_metadata(_signature(video, self.num_frames))
        with durable(path) as temporary:
            pq.write_table(table, temporary, write_page_checksum=True)

    @classmethod
    def load(cls, path: Path, video: Video) -> "Look":
        """Read what `save` wrote of `video`.

        Raises:
            ValueError: it is of another file, of another length, or holds numbers that no look has.
        """
        table = parquet.read(path)
        metadata = {name.decode(): value.decode() for name, value in (table.schema.metadata or {}).items()}
        if metadata != _signature(video, table.num_rows):
            raise ValueError(f"{path.name} is no look at a file with {video.num_frames} frames")
        loaded = cls(*(table[name].to_numpy() for name in ("t_s", "motion", "breaks")))
        if not (np.isfinite(loaded.times_s).all() and np.isfinite(loaded.motion).all()):
            raise ValueError(f"{path.name} holds numbers that are not finite")
        return loaded


def _signature(video: Video, num_frames: int) -> dict[str, str]:
    """Return the identity of the bytes that were read: their checksum, the frames they hold and the frames decoded."""
    return {"sha256": video.sha256, "scanned_frames": str(video.num_frames), "num_frames": str(num_frames)}


class Observer(Protocol):
    """A receiver of the frames of the pass, such as a face detector."""

    def see(self, frame: DecodedFrame, *, opens: Break) -> None:
        """Process a frame and the reason why a stretch opens with it; the picture is only valid during the call."""


def look(video: Video, observers: Sequence[Observer] = ()) -> Look:
    """Decode `video` once; show every frame to each observer.

    Raises:
        MediaError: `unreadable`, `no_video`, `corrupt`, `changed`, `truncated`, or `unsupported` (the picture
            changes its shape).
    """
    times_s, motion, breaks = array("d"), array("f"), bytearray()  # lists take twenty times as much in long films
    clock, cuts, before = Clock.of(video), _Cuts(), None
    num_damaged, is_reached = 0, False
    for frame in decode(video.uri, num_frames=video.num_frames, scanned=video):
        luma = frame.small(_WIDTH_PX, gray=True)
        times_s.append(frame.t_s)
        change = 0.0 if before is None else cv2.norm(luma, before, cv2.NORM_L1) / luma.size
        motion.append(change)
        before = luma
        _, opens = clock.see(frame.t_s)
        if frame.is_damaged or is_reached:
            opens |= Break.DAMAGE
        num_damaged, is_reached = num_damaged + frame.is_damaged, frame.is_damaged
        opens = opens | Break.CUT if cuts.opens(frame, change) else opens
        breaks.append(opens)
        for observer in observers if not frame.is_damaged else ():
            observer.see(frame, opens=opens)
    check_share(num_damaged, len(times_s))
    return Look(np.array(times_s), np.array(motion, np.float32), np.array(breaks, np.uint8))


class _Cuts:
    """Finds the frames that open a shot, by PySceneDetect's content detector.

    It compares colours, which costs more than all else that is done with a frame; so it sees a frame
    only if the luma changed, and then the frame before it too.
    """

    def __init__(self) -> None:
        from scenedetect import ContentDetector

        self._detector = ContentDetector(min_scene_len=0)
        self._before: DecodedFrame | None = None
        self._last_shown = self._last_change = 0

    def opens(self, frame: DecodedFrame, motion: float) -> bool:
        """Say if a shot opens with `frame`, the one after the last call's: a change some time after the last one."""
        before, self._before = self._before, frame
        if before is None or motion < _LEAST_CHANGE:
            return False
        if self._last_shown != before.index:
            self._is_changed(before)
        if not self._is_changed(frame):
            return False
        last, self._last_change = self._last_change, frame.index
        return frame.index - last >= _MIN_SHOT_FRAMES

    def _is_changed(self, frame: DecodedFrame) -> bool:
        """Say if the colours of `frame` differ from the last one's shown to the detector."""
        from scenedetect import FrameTimecode

        self._last_shown = frame.index
        timecode = FrameTimecode(frame.index, UNKNOWN_FPS)  # it counts frames and asks for no time
        return bool(self._detector.process_frame(timecode, frame.small(_WIDTH_PX)[..., ::-1]))
