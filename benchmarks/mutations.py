"""Damage real videos in seeded ways, send them through scan, speed and shard, and account for each."""

import random
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.films import of_every_container, shorts
from benchmarks.kills import COMMAND
from vqaprep.rows import Clip
from vqaprep.rows.manifest import DROPPED, MANIFEST, read_dropped, read_rows

_LIMITS = ["--timeout-s", "60", "--stall-s", "20", "--workers", "2", "--max-drop-rate", "1"]
_HANG_S = 3600.0
_SUFFIXES = (".mp4", ".mkv", ".avi", ".mov", ".ts", ".webm", ".ogv", ".mpg", ".flv", ".wmv", ".y4m", ".3gp")

Mutation = Callable[[bytes, random.Random], bytes]


@dataclass
class Accounts:
    """What became of the mutated videos; each is in exactly one cell of `ends`."""

    num_videos: int = 0
    unaccounted: int = 0
    """Videos or clips without a row and without a reason, or with both."""
    failed_commands: int = 0
    num_clips: int = 0
    dropped_clips: int = 0
    ends: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(kind of damage, where it ended) -> videos."""


def mutate_and_run(folder: Path, *, num_videos: int, num_films: int = 100, seed: int = 0) -> Accounts:
    """Make `num_videos` damaged videos and run them from scan to shards by the command line."""
    films = folder / "mutated"
    films.mkdir()
    sources = [*shorts(folder, seconds=1, limit=num_films), *of_every_container(folder)]
    kinds = _write(films, sources, num_videos, random.Random(seed))
    accounts = Accounts(num_videos=len(kinds))
    steps = [folder / name for name in ("0-scan", "1-speed", "2-shard")]
    options = [[], ["--clips", "2"], ["--spatial", "center", "--size-px", "64"]]
    for job, source, out, more in zip(("scan", "speed", "shard"), (films, *steps), steps, options, strict=False):
        command = [*COMMAND, job, str(source), "-o", str(out), *more, *_LIMITS]
        ended = subprocess.run(command, check=False, capture_output=True, timeout=_HANG_S)
        accounts.failed_commands += ended.returncode != 0
    _account(accounts, steps, {str(films / name): kind for name, kind in kinds.items()})
    return accounts


def _account(accounts: Accounts, steps: list[Path], kinds: dict[str, str]) -> None:
    """Follow each video by its path, then by its id, then by its clips, to where it ended."""
    rows, refused = read_rows(steps[0] / MANIFEST), read_dropped(steps[0] / DROPPED)
    ends = [(drop.id, f"scan: {drop.reason}") for drop in refused]
    clips = [row for row in read_rows(steps[1] / MANIFEST) if isinstance(row, Clip)]
    reasons = {drop.id: f"speed: {drop.reason}" for drop in read_dropped(steps[1] / DROPPED)}
    lost = {drop.id: drop.reason for drop in read_dropped(steps[2] / DROPPED)}
    stored = {row.id for row in read_rows(steps[2] / MANIFEST)}
    for row in rows:
        mine = [clip.id for clip in clips if clip.video_id == row.video_id]
        accounts.num_clips += len(mine)
        accounts.dropped_clips += sum(clip in lost for clip in mine)
        accounts.unaccounted += sum((clip in lost) == (clip in stored) for clip in mine)
        accounts.unaccounted += bool(mine) == (row.id in reasons)
        whys = sorted({lost[clip] for clip in mine if clip in lost})
        ends.append((row.uri, reasons.get(row.id) or (f"shard: {', '.join(whys)}" if whys else "stored whole")))
    found = Counter(uri for uri, _ in ends)
    accounts.unaccounted += sum(found[uri] != 1 for uri in kinds)
    accounts.ends.update((kinds[uri], end) for uri, end in ends if uri in kinds)


def _write(folder: Path, sources: list[Path], num_videos: int, rng: random.Random) -> dict[str, str]:
    """Write the damaged videos; return the kind of damage by file name."""
    whole = [(path.suffix, path.read_bytes()) for path in sources]
    kinds = {}
    for number in range(num_videos):
        kind = list(_KINDS)[number % len(_KINDS)]
        suffix, data = rng.choice(whole)
        if kind == "extension":
            suffix = rng.choice([other for other in _SUFFIXES if other != suffix])
        name = f"{number:04d}-{kind}{suffix}"
        (folder / name).write_bytes(_KINDS[kind](data, rng))
        kinds[name] = kind
    return kinds


def _truncated(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data))]


def _flipped(data: bytes, rng: random.Random) -> bytes:
    damaged = bytearray(data)
    for _ in range(rng.choice((1, 4, 32, 256))):
        damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
    return bytes(damaged)


def _spliced(data: bytes, rng: random.Random) -> bytes:
    """Put garbage over, or in between, what is there."""
    at, garbage = rng.randrange(len(data)), rng.randbytes(rng.choice((1, 100, 5000)))
    return data[:at] + garbage + data[at + rng.choice((0, len(garbage))) :]


def _beheaded(data: bytes, rng: random.Random) -> bytes:
    return bytes(size := rng.randrange(1, 2000)) + data[size:]


def _holed(data: bytes, rng: random.Random) -> bytes:
    start, end = sorted(rng.randrange(len(data)) for _ in range(2))
    return data[:start] + data[end:]


def _noise(data: bytes, rng: random.Random) -> bytes:
    return rng.randbytes(rng.choice((0, 1, 20_000)))


_KINDS: dict[str, Mutation] = {
    "truncated": _truncated,
    "flipped": _flipped,
    "spliced": _spliced,
    "beheaded": _beheaded,
    "holed": _holed,
    "extension": lambda data, rng: data,
    "flipped-2": _flipped,
    "truncated-2": _truncated,
    "spliced-2": _spliced,
    "noise": _noise,
}
