"""Mutate small films of many containers and send each through scan, trim, crop, distort, speed, split, shard and score.

`python -m benchmarks.fuzz --files 10000 --seed 0` prints how many hung, crashed or were lost: all must be 0. Film
number n of a seed is the same each time.
"""

import argparse
import random
import struct
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from benchmarks.figures import ffmpeg
from benchmarks.passage import End, ends_of
from vqaprep.engines import Failed, Limits
from vqaprep.engines.local import LocalEngine

Mutation = Callable[[bytearray, bytes, random.Random], bytearray]
_SUBTITLES = "1\n00:00:00,000 --> 00:00:01,000\nhello\n"
_FILMS = {
    "h264-aac-text.mp4": "-c:v libx264 -c:a aac -c:s mov_text",
    "fragmented.mp4": "-c:v libx264 -movflags frag_keyframe+empty_moov -c:a aac -sn",
    "h264-vorbis-srt.mkv": "-c:v libx264 -c:a libvorbis -c:s srt",
    "ffv1.mkv": "-c:v ffv1 -an -sn",
    "vp8-vorbis.webm": "-c:v libvpx -c:a libvorbis -sn",
    "vp9-opus.webm": "-c:v libvpx-vp9 -c:a libopus -sn",
    "mpeg4-mp3.avi": "-c:v mpeg4 -c:a libmp3lame -sn",
    "mjpeg.avi": "-c:v mjpeg -an -sn",
    "mpeg2-mp2.ts": "-c:v mpeg2video -c:a mp2 -sn",
    "h264-aac.ts": "-c:v libx264 -c:a aac -sn",
    "mpeg1.mpg": "-c:v mpeg1video -c:a mp2 -sn",
    "h264-aac.flv": "-c:v libx264 -c:a aac -sn",
    "wmv2.wmv": "-c:v wmv2 -c:a wmav2 -sn",
    "prores.mov": "-c:v prores -c:a pcm_s16le -sn",
    "plain.y4m": "-c:v rawvideo -an -sn",
}
_EXTREMES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 1 << 24, (1 << 31) - 1, 1 << 31, (1 << 32) - 1)
_NAMES = (
    *b"moov mdat trak stsz stts ctts stsc stco tkhd mvhd mdhd elst avc1 avcC hdrl strh strf idx1 movi OggS".split(),
    *(b"\x1f\x43\xb6\x75", b"\x16\x54\xae\x6b", b"\x1a\x45\xdf\xa3"),  # cluster, tracks, head of Matroska
    *(b"\x00\x00\x01\xb3", b"\x00\x00\x01\x67", b"\x47\x40\x00"),  # headers of MPEG video, H.264, MPEG-TS
)


@dataclass
class Fates:
    """What became of the mutated films."""

    num_files: int = 0
    hung: list[str] = field(default_factory=list)
    crashed: list[str] = field(default_factory=list)
    """Processes that died, exceptions that left an item, rows that were lost."""
    unexpected: Counter[str] = field(default_factory=Counter)
    """Drops `crashed`: exceptions that cost their item."""
    ends: Counter[str] = field(default_factory=Counter)


def films(folder: Path) -> list[Path]:
    """Write the films to mutate: 10 frames of 64 x 48 px, most with sound, some with subtitles."""
    subtitles = folder / "words.srt"
    subtitles.write_text(_SUBTITLES, encoding="ascii")
    made = []
    for name, coding in _FILMS.items():
        inputs = ["-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=0.4"]
        inputs += ["-f", "lavfi", "-i", "sine=duration=0.4", "-i", str(subtitles)]
        maps = [
            "-map",
            "0:v",
            "-map",
            "1:a",
            "-map",
            "2:s",
            "-pix_fmt",
            "yuv422p10le" if "prores" in name else "yuv420p",
        ]
        if name == "mjpeg.avi":
            maps[-1] = "yuvj420p"
        ffmpeg(*inputs, *maps, *coding.split(), "-t", "0.4", str(folder / name))
        made.append(folder / name)
    return made


def fuzz(folder: Path, *, num_files: int, first: int = 0, seed: int = 0, workers: int = 1) -> Fates:
    """Send the mutated films `first` to `first` + `num_files` of a seed through all stages."""
    sources, scratch, fates = films(folder), folder / "scratch", Fates(num_files)
    scratch.mkdir()
    numbers = range(first, first + num_files)
    engine = LocalEngine(workers, Limits(timeout_s=120, stall_s=60, memory_mb=2000))
    for outcome in engine.map(partial(one, sources=sources, scratch=scratch, seed=seed), numbers):
        name = f"{seed}/{numbers[outcome.index]}"
        if isinstance(outcome, Failed):
            (fates.hung if outcome.reason == "timeout" else fates.crashed).append(f"{name}: {outcome.detail}")
            continue
        for step, reason, detail in outcome.value:
            fates.ends[f"{step}: {reason}"] += 1
            if reason == "escaped":
                fates.crashed.append(f"{name}: {step}: {detail}")
            elif reason == "crashed":
                fates.unexpected[f"{step}: {detail} ({name})"] += 1
    return fates


def one(number: int, *, sources: Sequence[Path], scratch: Path, seed: int) -> list[End]:
    """Mutate film `number`, send it through, and return every end that it met."""
    rng = random.Random(f"{seed}/{number}")
    source = rng.choice(sources)
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        film = Path(name) / f"film{rng.choice([source.suffix] * 9 + ['.mp4'])}"
        film.write_bytes(mutated(source.read_bytes(), rng.choice(sources).read_bytes(), rng))
        return ends_of(str(film), Path(name))


def mutated(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """Return `data` with one to three mutations; some put in a part of `other`."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 3))):
        changed = rng.choice(_MUTATIONS)(changed, other, rng) if changed else changed
    return bytes(changed)


def _flip(data: bytearray, other: bytes, rng: random.Random) -> bytearray:
    for _ in range(rng.choice((1, 2, 8, 64))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return data


def _header(data: bytearray, other: bytes, rng: random.Random) -> bytearray:
    for _ in range(rng.choice((1, 2, 4))):
        data[rng.randrange(min(len(data), 600))] = rng.choice((0, 1, 127, 128, 255, rng.randrange(256)))
    return data


def _number(data: bytearray, other: bytes, rng: random.Random) -> bytearray:
    """Put an extreme number somewhere."""
    kind = rng.choice((">I", "<I", ">H", "<H", ">Q"))
    value = rng.choice(_EXTREMES) & ((1 << 8 * struct.calcsize(kind)) - 1)
    at = rng.randrange(len(data))
    packed = struct.pack(kind, value)
    data[at : at + len(packed)] = packed
    return data


def _box(data: bytearray, other: bytes, rng: random.Random) -> bytearray:
    """Change the number before or a number behind a name that the format knows."""
    places = [at for name in _NAMES if (at := data.find(name)) >= 0]
    if not places:
        return _number(data, other, rng)
    at = max(0, rng.choice(places) + rng.choice((-4, 4, 8, 12, 16, 20)))
    data[at : at + 4] = struct.pack(">I", rng.choice((*_EXTREMES, rng.randrange(1 << 32))))
    return data


def _rename(data: bytearray, other: bytes, rng: random.Random) -> bytearray:
    places = [(at, name) for name in _NAMES if (at := data.find(name)) >= 0]
    if places:
        at, name = rng.choice(places)
        data[at : at + len(name)] = rng.choice(_NAMES)[: len(name)].ljust(len(name), b"\0")
    return data


def _truncate(data: bytearray, other: bytes, rng: random.Random) -> bytearray:
    return data[: rng.randrange(len(data))]


def _splice(data: bytearray, other: bytes, rng: random.Random) -> bytearray:
    return data[: rng.randrange(len(data))] + bytearray(other[rng.randrange(len(other)) :])


def _insert(data: bytearray, other: bytes, rng: random.Random) -> bytearray:
    start = rng.randrange(len(other))
    part = rng.choice((rng.randbytes(rng.randrange(1, 400)), other[start : start + rng.randrange(1, 2000)]))
    at = rng.randrange(len(data))
    return data[:at] + bytearray(part) + data[at:]


def _swap(data: bytearray, other: bytes, rng: random.Random) -> bytearray:
    a, b, c = sorted(rng.randrange(len(data)) for _ in range(3))
    return data[:a] + data[b:c] + data[a:b] + data[c:]


def _repeat(data: bytearray, other: bytes, rng: random.Random) -> bytearray:
    a, b = sorted(rng.randrange(len(data)) for _ in range(2))
    return data[:b] + data[a:b] * rng.choice((1, 2, 5)) + data[b:]


def _remove(data: bytearray, other: bytes, rng: random.Random) -> bytearray:
    a, b = sorted(rng.randrange(len(data)) for _ in range(2))
    return data[:a] + data[b:]


_MUTATIONS: tuple[Mutation, ...] = (
    *(_flip, _flip, _header, _number, _number, _box, _box, _box, _rename),
    *(_truncate, _splice, _insert, _swap, _repeat, _remove),
)


def main() -> int:
    """Fuzz, print what became of the films, and return 1 where one hung, crashed or was lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        from benchmarks.fuzz import fuzz as importable  # workers find no function of the main module

        how = {"first": wanted.first, "seed": wanted.seed, "workers": wanted.workers}
        fates = importable(Path(name), num_files=wanted.files, **how)
    print(f"{fates.num_files} mutated files: {len(fates.hung)} hung, {len(fates.crashed)} crashed or lost")
    for end, count in fates.ends.most_common():
        print(f"{count:6} {end}")
    for words in (*fates.hung, *fates.crashed, *(f"{n} x {w}" for w, n in fates.unexpected.most_common(40))):
        print(words)
    return int(bool(fates.hung or fates.crashed))


if __name__ == "__main__":
    sys.exit(main())
