"""A zoo of bad files: each becomes a row or a drop with a reason, and the good ones come out as if alone."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.calling import call
from tests.films import picture, pictures, write_film, write_sound
from vqaprep.rows import REASONS
from vqaprep.rows.manifest import read_dropped, read_rows
from vqaprep.shards.read import ShardReader

pytestmark = pytest.mark.slow
NUM_GOOD = 3


def good(folder: Path) -> None:
    """Write the films that nothing is wrong with."""
    for number in range(NUM_GOOD):
        write_film(folder / f"good-{number}.mp4", [picture(i, shade=60 + 30 * number) for i in range(40)])


def flipped(path: Path) -> None:
    """Turn over bytes in the middle of a file."""
    data = bytearray(write_film(path, pictures(60)).read_bytes())
    middle = slice(len(data) // 3, len(data) // 2)
    data[middle] = bytes(255 - value for value in data[middle])
    path.write_bytes(data)


def cut_off(path: Path, *, muxer: dict[str, str] | None = None) -> None:
    """Keep the first two thirds of a film."""
    data = write_film(path, pictures(60), muxer=muxer).read_bytes()
    path.write_bytes(data[: 2 * len(data) // 3])


def odd_title(path: Path) -> None:
    """Give a film a title that is no UTF-8."""
    data = write_film(path, pictures(40, shade=150), title="PLACEHOLDER").read_bytes()
    assert b"PLACEHOLDER" in data
    path.write_bytes(data.replace(b"PLACEHOLDER", b"\xff\xfeODD\x80\xc3\x28XX"))


def changing_size(path: Path) -> None:
    """Join two films of different size."""
    small = [np.ascontiguousarray(frame[:32, :64]) for frame in pictures(20)]
    parts = [write_film(path.with_name(f"part-{i}.h264"), shown) for i, shown in enumerate((pictures(20), small))]
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    for part in parts:
        part.unlink()


ZOO: dict[str, tuple[Callable[[Path], object], set[str | None]]] = {
    "empty.mp4": (lambda p: p.touch(), {"unreadable"}),
    "text.mp4": (lambda p: p.write_text("I am a letter\n" * 100, encoding="utf-8"), {"unreadable"}),
    "noise.mkv": (lambda p: p.write_bytes(np.random.default_rng(0).bytes(5000)), {"unreadable"}),
    "sound.mp4": (write_sound, {"no_video"}),
    "truncated-faststart.mp4": (lambda p: cut_off(p, muxer={"movflags": "faststart"}), {"truncated", "corrupt"}),
    "truncated-no-index.mp4": (cut_off, {"unreadable"}),
    "truncated.ts": (cut_off, {None, "corrupt", "truncated", "too_short"}),
    "flipped.mp4": (flipped, {None, "corrupt", "truncated", "unreadable", "shot_cut"}),
    "unknown-codec.mp4": (
        lambda p: p.write_bytes(write_film(p, pictures(10)).read_bytes().replace(b"avc1", b"zzzz")),
        {"unreadable"},
    ),
    "size.m2ts": (changing_size, {"unsupported", "unreadable", "corrupt", "truncated"}),
    "rotated.mp4": (lambda p: write_film(p, pictures(40, shade=170), rotation_deg=90), {None}),
    "variable.mkv": (
        lambda p: write_film(p, pictures(40, shade=190), times_ms=[40 * i + 40 * (i // 5) for i in range(40)]),
        {None},
    ),
    "one.mp4": (lambda p: write_film(p, pictures(1)), {"too_short"}),
    "odd-title.mp4": (odd_title, {None}),
    "a name\twith\nline ends.mp4": (lambda p: write_film(p, pictures(40, shade=210)), {None}),
    "folder.mp4": (lambda p: p.mkdir(), set()),
    "loop.mp4": (lambda p: p.symlink_to(p), {"unreadable"}),
    "up": (lambda p: p.symlink_to(p.parent), set()),
    "twin.mp4": (lambda p: p.write_bytes((p.parent / "good-0.mp4").read_bytes()), {"duplicate"}),
    "letter.txt": (lambda p: p.write_text("no video", encoding="utf-8"), set()),
}


def whole_run(videos: Path, out: Path) -> None:
    """Scan, cut and store; every command must end well."""
    assert call("scan", videos, "-o", out / "scan", "--workers", "2") == 0
    words = ("--min-motion", "0", "--max-still", "1", "--clips", "2", "--num-frames", "8", "--task", "fine")
    assert call("speed", out / "scan", "-o", out / "speed", *words, "--workers", "2", "--max-drop-rate", "1") == 0
    assert call("shard", out / "speed", "-o", out / "shard", "--spatial", "resize", "--size-px", "32") == 0


def fates(out: Path) -> dict[str, str | None]:
    """Return what became of each file: None for clips in the shards, or the reason why there are none."""
    name_of = {row.id: row.uri for row in read_rows(out / "scan" / "manifest.parquet")}
    found: dict[str, str | None] = dict.fromkeys(map(_last, name_of.values()))
    name_of |= {row.id: row.uri for row in read_rows(out / "speed" / "manifest.parquet")}
    for step in ("scan", "speed", "shard"):
        for drop in read_dropped(out / step / "dropped.parquet"):
            assert drop.reason in REASONS
            found[_last(name_of.get(drop.id, drop.id))] = drop.reason
    return found


def _last(uri: str) -> str:
    return uri.rpartition("/")[2]


def samples(out: Path) -> Iterator[tuple[str, str, bytes]]:
    """Yield (key, view, bytes) of everything stored."""
    reader = ShardReader(out / "shard")
    for i in range(len(reader)):
        sample = reader[i]
        yield from ((sample.key, name, pixels.tobytes()) for name, pixels in sample.views.items())


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Run once over the zoo and once over the good films alone."""
    zoo, alone, films = (tmp_path_factory.mktemp(name) for name in ("zoo", "alone", "films"))
    good(films)
    with pytest.MonkeyPatch.context() as patch:
        for place in (zoo, alone):
            patch.setenv("VQAPREP_CACHE", str(place / "cache"))
            shutil.copytree(films, place / "videos")  # encoded once: an encoder may not give the same bytes twice
            if place == zoo:
                for name, (make, _) in ZOO.items():
                    make(place / "videos" / name)
                (place / "videos" / os.fsdecode(b"latin-\xe9.mp4")).write_bytes(b"not UTF-8")
            whole_run(place / "videos", place / "out")
    return zoo / "out", alone / "out"


@pytest.mark.parametrize("name", list(ZOO))
def test_a_bad_file_has_the_fate_it_deserves(places: tuple[Path, Path], name: str) -> None:
    found, allowed = fates(places[0]), ZOO[name][1]
    if allowed:
        assert found[name] in allowed
    else:
        assert name not in found


def test_a_name_that_is_no_utf8_is_told_readably(places: tuple[Path, Path]) -> None:
    assert fates(places[0])[r"latin-\udce9.mp4"] == "unreadable"


def test_every_file_is_accounted_for(places: tuple[Path, Path]) -> None:
    known = {name for name, (_, allowed) in ZOO.items() if allowed} | {r"latin-\udce9.mp4"}
    assert set(fates(places[0])) == known | {f"good-{i}.mp4" for i in range(NUM_GOOD)}


def test_good_films_come_out_byte_for_byte_as_without_the_bad_ones(places: tuple[Path, Path]) -> None:
    with_bad, alone = ({(k, n): data for k, n, data in samples(out)} for out in places)
    assert alone.items() <= with_bad.items()
    assert len(alone) == NUM_GOOD * 2
