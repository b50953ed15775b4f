"""The time of each frame of a file, on one timeline that never goes back, in the order of display."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from vqaprep.media.rate import UNKNOWN_FPS, Times

Stamps = tuple[int | None, int | None]
"""(presentation, decoding) time stamp of a packet, in units of its stream; None where the container has none."""

_JITTER_STEPS, _JITTER_S = 1.5, 0.5  # up to this much back is a disorder of the muxer; more is another recording
_SPLICE_STEPS, _SPLICE_S = 10.0, 1.0  # length of the pause that a splice is given: a gap at any rate

_NO_TIMESTAMPS = 0x80  # AVFMT_NOTIMESTAMPS of libavformat: a stream of one codec
_EARLY_S = 1e-6  # two roundings of one time stamp
_MOST_REORDERED = 16  # frames that a decoder may hold back (H.264, HEVC)


class Timeline:
    """Gives each frame its time, in the order in which a decoder shows them.

    Times that jump back are those of another recording: a spliced transport stream, joined DVD files, a camera that was
    restarted. Its frames go on after a pause, so that a time names one frame, and the splice is a gap like others.
    """

    def __init__(self, stream: Any) -> None:
        """Begin with the first frame of an open video stream."""
        self._last_pts, self._last_dts = -float("inf"), -float("inf")
        self._num_faulty_pts = self._num_faulty_dts = 0
        # A stream without a container has no times, or those that libavformat makes of durations. Durations are
        # better: they follow the codec's own rate (the average is always 25), and start at the first frame shown.
        self._is_bare = bool(stream.container.format.flags & _NO_TIMESTAMPS)
        average_fps = float(stream.average_rate or UNKNOWN_FPS)
        self._frame_s = 1 / float(stream.codec_context.framerate or average_fps) if self._is_bare else 0.0
        self._step_s, self._shift_s = 1 / average_fps, 0.0
        self._last_s: float | None = None

    def see(self, picture: Any) -> float:
        """Return the time of `picture`, a decoded frame, in seconds."""
        stamp = None if self._is_bare and picture.duration else self._best(picture.pts, picture.dts)
        t_s = self.follow(None if stamp is None else float(stamp * picture.time_base))
        if stamp is None and picture.duration:
            # A packet may hold one field of a frame; the fields of a pulldown make a frame longer than its rate says.
            self._step_s = max(float(picture.duration * picture.time_base), self._frame_s)
        return t_s

    def follow(self, t_s: float | None) -> float:
        """Return where a frame whose own time is `t_s` (None: not known) comes after the last one."""
        if self._last_s is None:
            self._last_s = 0.0 if self._is_bare or t_s is None else t_s
            self._shift_s = self._last_s - (t_s or 0.0)
            return self._last_s
        now_s = self._last_s + self._step_s if t_s is None else t_s + self._shift_s
        back_s = self._last_s - now_s
        if back_s > min(_JITTER_STEPS * self._step_s, _JITTER_S):
            pause_s = max(_SPLICE_STEPS * self._step_s, _SPLICE_S)
            self._shift_s += back_s + pause_s
            now_s = self._last_s + pause_s
        elif back_s > 0:
            now_s = self._last_s
        elif back_s < 0 and t_s is not None:
            self._step_s = -back_s
        self._last_s = now_s
        return now_s

    def _best(self, pts: int | None, dts: int | None) -> int | None:
        """Return the stamp that was out of order less often: what libavcodec's `guess_correct_pts` does.

        https://github.com/FFmpeg/FFmpeg/blob/n7.1/libavcodec/decode.c#L298
        """
        if pts is not None:
            self._num_faulty_pts += pts <= self._last_pts
            self._last_pts = pts
        elif dts is not None:
            self._last_pts = dts
        if dts is not None:
            self._num_faulty_dts += dts <= self._last_dts
            self._last_dts = dts
        if pts is not None and (dts is None or self._num_faulty_pts <= self._num_faulty_dts):
            return pts
        return dts


def packet_times_s(stamps: Sequence[Stamps], time_base: Fraction, timeline: Timeline, *, first_s: float) -> Times:
    """Return when the frames of packets are shown: (N,), never decreasing, as the decoder's frames on such a timeline.

    `stamps` are those of the packets in the order of the file, and `first_s` is the time of the first frame that the
    decoder gives: a cut inside an open group of pictures leaves packets before it which can never be shown. Packets
    without any stamp cannot be shown either (Matroska), unless none has one (raw streams).
    """
    stamped = [stamp for stamp in stamps if stamp != (None, None)]
    if not stamped:
        return np.asarray([timeline.follow(None) for _ in stamps])
    has_pts = all(pts is not None for pts, _ in stamped)
    has_dts = all(dts is not None for _, dts in stamped)
    stamps = stamped if has_pts or not has_dts else [(dts, dts) for _, dts in stamped]
    times_s = [[float(stamp * time_base) for stamp in sorted(part)] for part in _recordings(stamps)]
    if has_pts:
        times_s[0] = [t_s for t_s in times_s[0] if t_s >= first_s - _EARLY_S] or times_s[0]
    else:  # decoding times run ahead of those of display, by as many frames as the decoder holds back
        ahead_s = first_s - times_s[0][0]
        times_s = [[t_s + ahead_s for t_s in part] for part in times_s]
    return np.asarray([timeline.follow(t_s) for part in times_s for t_s in part])


def _recordings(stamps: Sequence[Stamps]) -> Iterator[list[int]]:
    """Split the stamps of packets, in the order of the file, where another recording begins, which starts no later.

    Decoding never goes back within a recording. After a jump, though, libavformat guesses decoding times anew for each
    frame (Matroska), so a new recording must also begin no later than any frame that a decoder may still hold back.
    """
    part: list[int] = []
    last_dts: int | None = None
    for pts, dts in stamps:
        stamp = pts if pts is not None else dts
        assert stamp is not None
        is_back = dts is not None and last_dts is not None and dts < last_dts
        if part and is_back and stamp <= min(part[-_MOST_REORDERED:]):
            yield part
            part = []
        part.append(stamp)
        last_dts = last_dts if dts is None else dts
    yield part
