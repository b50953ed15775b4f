"""Analyse a video in one pass: times, motion and cuts, with faces and captions if asked for; cached per video."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import lru_cache, partial
from math import floor
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vqaprep.detect.appearance import appearance
from vqaprep.detect.captioned import labels_of, owners
from vqaprep.detect.face_looks import FaceLooks
from vqaprep.detect.faces import Detector, FindFaces, face_finder
from vqaprep.detect.kept_looks import kept, stem_of
from vqaprep.detect.known_captions import KnownCaptions
from vqaprep.detect.layout import WIDTH_PX, Gray, Layout
from vqaprep.detect.mean_picture import MeanPicture
from vqaprep.detect.observations import Observations
from vqaprep.detect.sightings import Caption, Face, Sightings
from vqaprep.detect.stretches import Stretches
from vqaprep.detect.text import CaptionReader, Ocr, Reading
from vqaprep.detect.tiles import Edges
from vqaprep.media.clock import NEW_VIEW, Break
from vqaprep.media.decode import DecodedFrame
from vqaprep.media.look import LOOK_VERSION, Look, look
from vqaprep.rows import Box, Video

WATCH_VERSION = 8  # raise it when faces or captions are found differently: cached sightings are then made anew


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """What to look for, and how closely."""

    detector: Detector = "mnet"
    faces_every_s: float = 1.0
    width_px: int = 640
    ocr: Ocr = "rapidocr"


def look_at(video: Video, *, watch: WatchSettings | None, cache: Path) -> Observations:
    """Return what is known of `video` from at most one decode, and keep it under `cache`.

    Without `watch` only times, motion and cuts are asked for; whatever was looked at before serves, unless it
    is damaged.

    Raises:
        MediaError: the video cannot be decoded.
        InputError: weights or a detector are missing.
    """
    stem = stem_of(video, cache)
    motion = stem.with_name(f"{stem.name}.look{LOOK_VERSION}.parquet")
    known = kept(partial(Look.load, video=video), motion)
    if watch is None:
        if known is None:
            look(video).save(motion, video)
        return Observations(known or Look.load(motion, video))
    faces = stem.with_name(f"{stem.name}.watch{WATCH_VERSION}-{_key(watch)}.parquet")
    sightings = kept(Sightings.load, faces)
    if known is None or sightings is None:
        watcher = Watcher(watch, size_px=(video.width_px, video.height_px))
        look(video, [watcher]).save(motion, video)
        watcher.sightings().save(faces)
        return Observations(Look.load(motion, video), Sightings.load(faces))
    return Observations(known, sightings)


class Watcher:
    """Observer that finds faces now and then and at changes, and reads captions when they may have changed."""

    def __init__(self, settings: WatchSettings, *, size_px: tuple[int, int]) -> None:
        self._settings, self._size_px = settings, size_px
        self._layout, self._known = Layout(), KnownCaptions()
        self._stretches, self._mean = Stretches(size_px[0]), MeanPicture()
        self._look_for_faces = FaceLooks(_finder(settings.detector))
        self._faces: list[Face] = []
        self._last_texts: set[str] = set()
        self._face_times_s: list[float] = []
        self._caption_times_s: list[float] = []
        self._next_check_s = self._next_faces_s = self._next_doubt_s = -float("inf")
        self._pause_s, self._doubts = _PAUSE_S, 0
        self._count: int | None = None
        self._start_s: float | None = None

    def see(self, frame: DecodedFrame, *, opens: Break) -> None:
        """Look for faces when it is time or a stretch opens; read when the layout, the faces or a doubt ask for it."""
        is_new = bool(opens & NEW_VIEW)
        if not is_new and frame.t_s < self._next_check_s:
            return
        self._start_s = frame.t_s if self._start_s is None else self._start_s
        self._next_check_s = self._after(frame.t_s, _CHECK_EVERY_S)
        gray = frame.small(WIDTH_PX, gray=True)
        is_changed = self._layout.is_changed(gray) or is_new
        picture = frame.small(self._settings.width_px, gray=True)
        self._stretches.see(picture, frame.t_s, is_changed=is_changed)
        if is_changed:
            self._mean.start()
        elif self._next_doubt_s - _MEAN_S <= frame.t_s < self._next_doubt_s:
            self._mean.add(frame.rgb())
        has_looked = is_changed or frame.t_s >= self._next_faces_s
        if has_looked:
            is_changed |= self._find_faces(frame, is_changed=is_changed)
        self._doubts = 0 if is_changed else self._doubts
        if self._may_read(frame.t_s, is_changed=is_changed, is_new=is_new):
            self._read(frame)
            self._layout.remember(gray)
        elif has_looked:
            self._stretches.look_again(picture, frame.t_s)

    def sightings(self) -> Sightings:
        """Return all that was seen so far."""
        times = tuple(self._face_times_s), tuple(self._caption_times_s)
        return Sightings(tuple(self._faces), tuple(self._stretches.captions()), *times)

    def _find_faces(self, frame: DecodedFrame, *, is_changed: bool) -> bool:
        """Detect the faces of `frame`; return whether their number changed."""
        rgb = frame.small(self._settings.width_px)
        scale = self._size_px[0] / rgb.shape[1]
        found = self._look_for_faces(rgb, frame.t_s, is_changed=is_changed)
        self._faces += [
            Face(
                frame.t_s, frame.index, _scaled(d.box, scale), d.score,
                tuple((x * scale, y * scale) for x, y in d.landmarks), appearance(rgb, d.box),
            )
            for d in found
        ]  # fmt: skip
        self._stretches.add_faces([_scaled(d.box, scale) for d in found if d.score >= _CLEAR_FACE], frame.t_s)
        self._face_times_s.append(frame.t_s)
        self._next_faces_s = self._after(frame.t_s, self._settings.faces_every_s)
        before, self._count = self._count, sum(d.score >= _CLEAR_FACE for d in found)
        return before is not None and before != self._count

    def _after(self, t_s: float, every_s: float) -> float:
        """Return the next time on a grid that starts with the video, so that a gap in the frames shifts nothing."""
        start_s = self._start_s or 0.0
        return start_s + (floor((t_s - start_s) / every_s + _TICK) + 1) * every_s - _TICK

    def _may_read(self, t_s: float, *, is_changed: bool, is_new: bool) -> bool:
        last_s = self._caption_times_s[-1] if self._caption_times_s else -float("inf")
        if is_new or t_s >= self._next_doubt_s:
            return True
        return is_changed and t_s - last_s >= self._pause_s

    def _read(self, frame: DecodedFrame) -> None:
        """Read `frame`, or recognize what was read before; wait longer when nothing is new, read again when unsure."""
        if self._face_times_s[-1:] != [frame.t_s]:
            self._find_faces(frame, is_changed=True)
        gray = frame.small(self._settings.width_px, gray=True)
        is_doubt = frame.t_s >= self._next_doubt_s
        known = None if is_doubt else self._known.find(gray, num_faces=self._count or 0)
        readings = self._fresh(frame, gray, is_doubt=is_doubt) if known is None else known
        captions = self._placed(frame, gray, readings)
        texts = {r.text for r in readings}
        is_news = not self._caption_times_s or self._last_texts != texts
        self._last_texts = texts
        if is_doubt:
            self._stretches.correct(captions, gray)
        self._stretches.add(captions, gray)
        self._caption_times_s.append(frame.t_s)
        self._pause_s = _PAUSE_S if is_news else min(2 * self._pause_s, _LONGEST_PAUSE_S)
        is_unsure = known is None and _is_unsure(captions, [f for f in self._faces if f.t_s == frame.t_s])
        is_unsure |= is_news and known is None and bool(readings)  # a second reading sees names without noise
        self._doubts = self._doubts + 1 if is_unsure else 0
        self._next_doubt_s = frame.t_s + _DOUBT_S if 0 < self._doubts <= _MOST_DOUBTS else float("inf")

    def _fresh(self, frame: DecodedFrame, gray: Gray, *, is_doubt: bool) -> list[Reading]:
        """Return what is read in `frame`, boxes in the pixels of `gray`, and remember it.

        Where there `is_doubt`, the mean of it and the pictures shortly before is read: names come out of the noise.
        """
        if not is_doubt:
            self._mean.start()
        self._mean.add(frame.rgb())
        scale, is_mean = gray.shape[1] / self._size_px[0], self._mean.count > 1
        readings = [replace(r, box=_scaled(r.box, scale)) for r in _reader(self._settings.ocr)(self._mean.picture())]
        self._mean.start()
        readings = readings if is_mean else self._known.recalled(gray, readings)
        self._known.add(gray, readings, num_faces=self._count or 0, is_mean=is_mean)
        return readings

    def _placed(self, frame: DecodedFrame, gray: Gray, readings: list[Reading]) -> list[Caption]:
        """Return the captions of `frame` in its own pixels, each with the tile it lies in."""
        scale, edges = self._size_px[0] / gray.shape[1], Edges(gray)
        return [
            Caption(
                frame.t_s, frame.index, r.text, r.score, _scaled(r.box, scale),
                _scaled(edges.tile_around(r.box), scale),
            )
            for r in readings
        ]  # fmt: skip


_CHECK_EVERY_S = 0.5
_TICK = 1e-3  # containers round times
_PAUSE_S = 2.0  # least time between two readings within a shot
_LONGEST_PAUSE_S = 16.0
_DOUBT_S = 3.0  # an animated caption has settled by then
_MOST_DOUBTS = 2
_MEAN_S = 2.0  # before a second reading, in which pictures are averaged for it
_SURE = 0.5
_CLEAR_FACE = 0.8


def _is_unsure(captions: list[Caption], faces: list[Face]) -> bool:
    """Say if there are names, but some clear face did not surely get one of them."""
    labels, clear = labels_of(captions), [face for face in faces if face.score >= _CLEAR_FACE]
    named = [i for i in owners(labels, clear) if any(c.score >= _SURE and c.text in labels[i].lines for c in captions)]
    return bool(labels) and len(named) < len(clear)


def _key(watch: WatchSettings) -> str:
    return hashlib.sha256(json.dumps(asdict(watch), sort_keys=True).encode()).hexdigest()[:12]


def _scaled(box: Box, scale: float) -> Box:
    return Box(box.x_px * scale, box.y_px * scale, box.w_px * scale, box.h_px * scale)


@lru_cache(maxsize=1)
def _finder(detector: Detector) -> FindFaces:
    """Return the detector of this process, loaded once."""
    return face_finder(detector)


@lru_cache(maxsize=1)
def _reader(ocr: Ocr) -> Callable[[npt.NDArray[np.uint8]], list[Reading]]:
    """Return the caption reader of this process, loaded once."""
    if ocr == "easyocr":
        return CaptionReader()
    from vqaprep.detect.ppocr import PaddleReader

    return PaddleReader()
