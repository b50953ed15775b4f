"""Deinterlace with ffmpeg's bwdif filter."""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

import av
import av.filter

from vqaprep.media.rate import UNKNOWN_FPS
from vqaprep.rows import Deinterlace

# A progressive frame among interlaced ones stays as it is, but for `field`, where it must become two to keep the rate.
_ARGUMENTS = {"frame": "mode=send_frame:deint=interlaced", "field": "mode=send_field:deint=all"}

Timed = tuple[float, Any]
"""Presentation time in seconds, and the picture that is shown then."""


def deinterlaced(timed: Iterable[Timed], how: Deinterlace) -> Iterator[Timed]:
    """Yield whole pictures with their times: one of each picture of `timed`, or with `field` two, the earlier first."""
    waiting_s: deque[float] = deque()  # the filter gives a picture when it has seen the next one
    came_s = iter(lambda: waiting_s.popleft() if waiting_s else None, None)
    times_s = frame_times_s(came_s, how)
    for picture in _filtered(_noting(timed, waiting_s), how):
        yield next(times_s), picture


def frame_times_s(times_s: Iterable[float], how: Deinterlace) -> Iterator[float]:
    """Yield the times of what is made of pictures at `times_s`: a second field comes halfway to the next picture."""
    if how != "field":
        yield from times_s
        return
    before_s, step_s = None, 1 / UNKNOWN_FPS
    for t_s in times_s:
        if before_s is not None:
            step_s = t_s - before_s
            yield from (before_s, before_s + step_s / 2)
        before_s = t_s
    if before_s is not None:
        yield from (before_s, before_s + step_s / 2)


def _noting(timed: Iterable[Timed], waiting_s: deque[float]) -> Iterator[Any]:
    for t_s, picture in timed:
        waiting_s.append(t_s)
        yield picture


def _filtered(pictures: Iterable[Any], how: Deinterlace) -> Iterator[Any]:
    graph, shape = None, None
    for picture in pictures:
        if shape != (picture.width, picture.height, picture.format.name):
            yield from _pushed(graph, None)
            graph, shape = _graph(picture, how), (picture.width, picture.height, picture.format.name)
        yield from _pushed(graph, picture)
    yield from _pushed(graph, None)


def _pushed(graph: Any, picture: Any) -> Iterator[Any]:
    """Give a graph its next picture, or None as the end; yield what comes out of it."""
    if graph is None:
        return
    graph.push(picture)
    while True:
        try:
            yield graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return


def _graph(picture: Any, how: Deinterlace) -> Any:
    graph = av.filter.Graph()
    graph.threads = 1
    source = graph.add_buffer(
        width=picture.width, height=picture.height, format=picture.format, time_base=picture.time_base
    )
    bwdif = graph.add("bwdif", _ARGUMENTS[how])
    source.link_to(bwdif)
    bwdif.link_to(graph.add("buffersink"))
    graph.configure()
    return graph
