"""What must not grow: memory over clips, time a video, the scan of a resumed run, the start of the command line."""

import json
import subprocess
import threading
import time
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, Inline, cpu_s
from benchmarks.films import SIX, clips_of, shorts
from benchmarks.kills import COMMAND
from vqaprep.detect.observations import Observations
from vqaprep.media.look import look
from vqaprep.media.probe import probe
from vqaprep.rows import Clip, Dropped, Row, Video
from vqaprep.rows.journal import Journal
from vqaprep.running.runner import run_items
from vqaprep.shards.make import make_shards
from vqaprep.shards.settings import ShardSettings
from vqaprep.stages.speed import Speed

_SAMPLE_S = 0.05
_NUM_BLOCKS = 10
_WARM_BLOCKS = 2


def memory(num_clips: int, folder: Path) -> Figure:
    """Return by how many per cent the peak memory of one process strays over `num_clips` clips of many films."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(target=_sampled, args=(num_clips, folder, theirs))
    child.start()
    theirs.close()  # so that a child that ends without an answer ends the wait as well
    peaks_mb: list[float] = ours.recv()
    child.join()
    settled = peaks_mb[_WARM_BLOCKS:]
    middle = (max(settled) + min(settled)) / 2
    stray = 100 * (max(settled) - middle) / middle
    beside = f"{middle:.0f} MB after the first fifth"
    return Figure(f"memory of one process over {num_clips:,} clips", stray, beside, unit="% either way", most=5)


def time_a_video(num_videos: int, folder: Path) -> Figure:
    """Compare the time a video of a short and a long run through probe, look, speed and shard."""
    source, each_s = shorts(folder, limit=1)[0], []
    for number in (1, 10, num_videos):
        films = folder / f"{number}"
        films.mkdir()
        for i in range(number):
            (films / f"{i}.mp4").write_bytes(source.read_bytes() + b"\0\0\0\x10free%08d" % i)
        each_s.append(cpu_s(partial(_run, films, folder / f"out{number}")) / number)
    beside = f"10 videos ({1e3 * each_s[1]:.0f} ms each)"
    return Figure(f"time a video of {num_videos:,} videos", each_s[2] / each_s[1], beside, most=1.1)


def resume_scan(num_items: int, folder: Path) -> Figure:
    """Time a run that finds `num_items` finished items in its journal and has nothing left to do."""
    video = probe(str(shorts(folder, limit=1)[0]))
    path = folder / "scan.journal.jsonl"
    with Journal(path) as book:
        book.record("0", [video])
    line = json.loads(path.read_text(encoding="ascii"))
    items = {str(i): str(i) for i in range(num_items)}
    path.write_text("".join(json.dumps(line | {"item": item}) + "\n" for item in items), encoding="ascii")
    ids = {item: [item] for item in items}
    seconds = cpu_s(lambda: run_items("scan", _never, items, ids, journal=path, engine=Inline()))
    return Figure(f"resume scan of {num_items:,} finished items", seconds, "", unit="s", most=5)


def start() -> Figure:
    """Time `vqaprep --help`."""
    command = [*COMMAND, "--help"]
    seconds = min(cpu_s(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL)) for _ in range(5))
    return Figure("vqaprep --help", seconds, "", unit="s", most=0.5)


def _sampled(num_clips: int, folder: Path, pipe: Any) -> None:
    """Render in this process, and send the peak of its memory in each tenth of the work, in MB."""
    clips = _many(num_clips, folder)
    seen: list[float] = []
    is_over = threading.Event()
    watching = threading.Thread(target=_watch, args=(seen, is_over))
    watching.start()
    settings = ShardSettings(spatial="center", max_shard_mb=8, sources_per_unit=4)
    out = folder / "memory"
    out.mkdir()
    lost = make_shards(clips, out, settings, Inline(), lambda _clips, _dropped: None)
    is_over.set()
    watching.join()
    assert not lost, lost[:3]
    size = max(1, len(seen) // _NUM_BLOCKS)
    pipe.send([max(seen[i * size : (i + 1) * size]) for i in range(len(seen) // size)][:_NUM_BLOCKS])


def _many(num_clips: int, folder: Path) -> list[Clip]:
    """Return six views of scenes of short films, which come again under other names until there are enough."""
    films = [probe(str(path)) for path in shorts(folder, most_px=400 * 304)]
    films = [film for film in films if film.num_frames >= 40]
    clips: list[Clip] = []
    while len(clips) < num_clips:
        again = films[len(clips) % len(films)]
        clips += clips_of(again.having(video_id=f"{again.video_id}-{len(clips)}"), SIX, step=24)
    return clips[: num_clips // len(SIX) * len(SIX)]


def _watch(seen: list[float], is_over: threading.Event) -> None:
    page_mb = 4096 / 1e6
    while not is_over.is_set():
        seen.append(int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * page_mb)
        time.sleep(_SAMPLE_S)


def _run(films: Path, out: Path) -> None:
    out.mkdir()
    paths = {str(path): str(path) for path in sorted(films.iterdir())}
    ids = {path: [path] for path in paths}
    rows = run_items("scan", _probed, paths, ids, journal=out / "scan.jsonl", engine=Inline())
    clips = [clip for row in rows if isinstance(row, Video) for clip in _cut(row)]
    settings = ShardSettings(spatial="center", max_shard_mb=8)
    make_shards(clips, out, settings, Inline(), lambda _clips, _dropped: None)


def _cut(video: Video) -> list[Clip]:
    import numpy as np

    found = Speed(clips=2)(video, Observations(look=look(video)), np.random.default_rng(0))
    return [clip for clip in found if isinstance(clip, Clip)]


def _probed(path: str) -> list[Row | Dropped]:
    return [probe(path)]


def _never(item: str) -> list[Row | Dropped]:
    raise AssertionError(f"{item} was done again")
