"""Reading clips by number, against stock webdataset and against seeking in the source film."""

import importlib
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import webdataset

from benchmarks.figures import Figure, cpu_s
from benchmarks.films import NUM_FRAMES, PLAIN, clips_of
from vqaprep.rows import Clip, Video
from vqaprep.shards.read import ShardReader

_READ_TIMES = 8
_NUM_SEEKS = 8


def reading(video: Video, shards: Path) -> list[Figure]:
    """Measure views/s in random order, against each other way to come by 16 frames."""
    warnings.simplefilter("ignore", ResourceWarning)  # stock webdataset leaves its tars open
    reader = ShardReader(shards)
    order = np.random.default_rng(0).permutation(len(reader)).tolist()
    num_views = sum(map(len, reader.column("members")))
    tars = sorted(str(path) for path in (shards / "shards").glob("*.tar"))
    stock = webdataset.WebDataset(tars, shardshuffle=False).decode()
    ours_s = _best_s(lambda: [reader[i] for i in order]) / num_views
    stock_s = _best_s(lambda: list(stock)) / num_views
    found = [
        Figure(f"read views by number, {1 / ours_s:.0f} views/s", stock_s / ours_s, "stock webdataset", least=1),
        Figure("read views by number", _seeking_s(video, _by_av) / ours_s, "seeking with PyAV"),
    ]
    try:
        decord = importlib.import_module("decord")
    except ImportError:
        return [*found, Figure("read views by number", None, "decord random access", least=10, note="not installed")]
    film = decord.VideoReader(video.uri, num_threads=1)
    seek_s = _seeking_s(video, lambda clip: film.get_batch(list(clip.frames)).asnumpy())
    return [*found, Figure("read views by number", seek_s / ours_s, "decord random access", least=10)]


def _best_s(work: Callable[[], Any]) -> float:
    return min(cpu_s(work) for _ in range(_READ_TIMES))


def _seeking_s(video: Video, take: Callable[[Clip], Any]) -> float:
    """Return the seconds a clip of `take`, over clips all over the film in random order."""
    clips = clips_of(video, PLAIN)
    chosen = np.random.default_rng(1).permutation(len(clips))[:_NUM_SEEKS]
    return cpu_s(lambda: [take(clips[i]) for i in chosen]) / len(chosen)


def _by_av(clip: Clip) -> None:
    """Seek to the key frame before the clip and decode on from there."""
    import av

    with av.open(clip.uri) as container:
        stream: Any = container.streams.video[0]
        container.seek(int(clip.frames[0] / clip.rate_fps / stream.time_base), stream=stream)
        count = 0
        for picture in container.decode(stream):
            if picture.time is not None and picture.time * clip.rate_fps >= clip.frames[0] - 0.5:
                picture.to_ndarray(format="rgb24")
                count += 1
            if count == NUM_FRAMES:
                return
