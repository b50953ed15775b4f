"""What each spatial mode and each codec costs, and how fast what they store is read; `make bench-storing` runs it.

Times are processor seconds of one worker over all clips of one film, 16 frames side by side.
"""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import get_args

from benchmarks.figures import RESULTS, cpu_s, table
from benchmarks.films import NUM_FRAMES, PLAIN, clips_of, interviews
from benchmarks.rendering import make
from vqaprep.media.decode import decode
from vqaprep.rows import Clip
from vqaprep.shards import codecs
from vqaprep.shards.read import ShardReader
from vqaprep.shards.settings import ShardSettings, Spatial

_SIZE_PX = 224
_DAY_S = 86_400


def main() -> int:
    """Measure every mode and every codec, and print and store both tables."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        film = interviews(folder)[0]
        clips = clips_of(film, PLAIN)
        make(clips[:1], folder / "warm")  # imports are no part of the work
        null_s = cpu_s(lambda: sum(1 for _ in decode(film.uri)))
        modes = [ShardSettings(spatial=mode, size_px=_SIZE_PX) for mode in get_args(Spatial)]
        by_mode = [_mode(clips, one, folder / one.spatial, null_s=null_s) for one in modes]
        by_codec = [_codec(clips, name, folder / f"codec-{name}") for name in codecs.names()]
    head = ("mode", "ms a clip", "beside null decode", "MB a clip", "video hours a day and core")
    text = table(head, by_mode)
    text += "\n\n" + table(("codec", "share of bytes", "ms to store a clip", "ms to read it", "exact"), by_codec)
    print(text)
    said = f"`python -m benchmarks.storing` on {Path(film.uri).name}, {len(clips)} clips of {NUM_FRAMES} frames"
    said += f" at {_SIZE_PX} px, undistorted; codecs on whole pictures (`--spatial resize`). Processor time."
    (RESULTS / "storing.md").write_text(f"{said}\n\n{text}\n", encoding="utf-8")
    return 0


def _mode(clips: Sequence[Clip], settings: ShardSettings, out: Path, *, null_s: float) -> list[str]:
    took_s = cpu_s(lambda: make(list(clips), out, settings))
    num_bytes = sum(path.stat().st_size for path in (out / "shards").glob("*.tar"))
    hours = _DAY_S * clips[0].duration_s / took_s / 3600
    each = (1e3 * took_s / len(clips), took_s / null_s, num_bytes / 1e6 / len(clips), hours)
    return [settings.spatial, *(f"{value:.3g}" for value in each)]


def _codec(clips: Sequence[Clip], name: str, out: Path) -> list[str]:
    make(list(clips), out, ShardSettings(spatial="resize", size_px=_SIZE_PX))
    codec, reader = codecs.get(name), ShardReader(out)
    views = [view for i in range(len(reader)) for view in reader[i].views.values()]
    stored: list[bytes] = []
    store_s = cpu_s(lambda: stored.extend(codec.encode(view) for view in views))
    shares = [len(data) / view.nbytes for data, view in zip(stored, views, strict=True)]
    members = [memoryview(bytearray(data)) for data in stored]
    read_s = cpu_s(lambda: [codecs.decode(one, codec.extension, num_frames=NUM_FRAMES) for one in members])
    each = (1e3 * store_s / len(views), 1e3 * read_s / len(views))
    return [name, f"{mean(shares):.0%}", *(f"{value:.3g}" for value in each), "yes" if codec.is_exact else "no"]


if __name__ == "__main__":
    sys.exit(main())
