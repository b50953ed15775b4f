"""Pictures that no worker could hold are refused before memory is asked for, by every command that opens a video."""

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.films import pictures, write_film
from tests.media.crafted_headers import HEADERS
from tests.media.crafted_mp4 import MP4
from vqaprep import cli
from vqaprep.engines import Limits, Pool, inline
from vqaprep.errors import MediaError, memory
from vqaprep.media.decode import decode
from vqaprep.rows.manifest import read_dropped
from vqaprep.running.runner import memory_room


def huge(path: Path) -> Path:
    """Write a small film whose header says that its pictures have 16000 x 16000 px."""
    data = write_film(path, pictures(3), coder="ffv1").read_bytes()
    said, claimed = (struct.pack("<ii", *size_px) for size_px in ((96, 64), (16_000, 16_000)))
    assert said in data
    path.write_bytes(data.replace(said, claimed))
    return path


@pytest.fixture(autouse=True)
def _own_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the limit of the test process as it is."""
    monkeypatch.setattr(memory, "_limit_mb", memory.DEFAULT_MB)


@pytest.mark.parametrize("size_px", [(2, 2), (1920, 1080), (3840, 2160), (7680, 4320), (12_000, 12_000)])
def test_pictures_up_to_a_size_can_be_decoded(size_px: tuple[int, int]) -> None:
    memory.check_picture(*size_px)


def test_larger_ones_are_refused_with_numbers(folder: Path) -> None:
    words = "too_large: decoding 16000x16000 px needs about 2,771 MB; --max-memory-mb allows 2,000"
    with pytest.raises(MediaError, match=words):
        next(decode(str(huge(folder / "huge.avi"))))
    memory.limit(3000)
    memory.check_picture(16_000, 16_000)


@pytest.mark.parametrize("megabytes", [300, 500, 2000, 10_000])
def test_most_pixels_are_as_many_as_fit(megabytes: int) -> None:
    memory.limit(megabytes)
    assert memory.decoding_bytes(memory.most_px(), 1) <= memory.room_bytes() + 100
    assert memory.decoding_bytes(int(1.01 * memory.most_px()) + 1, 1) > memory.room_bytes()


def test_a_picture_that_grows_beyond_the_limit_is_damage(folder: Path) -> None:
    """The header of each packet says a size: one of them must not ask for gigabytes."""
    film = folder / "film.avi"
    film.write_bytes(HEADERS["grows-to-16000x16000.avi"]())
    frames = list(decode(str(film)))
    assert [frame.is_damaged for frame in frames] == [False] * 6


@pytest.mark.parametrize(
    "name", ["steps-in-4-billion-entries.mp4", "tracks-1000.mp4", "packed-index-of-4-gigabytes.mov"]
)
def test_a_header_that_asks_for_absurdly_much_is_the_fault_of_the_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (folder / name).write_bytes(MP4[name]())
    for _ in range(2):
        with pytest.raises(MediaError, match="unreadable: its header asks for absurdly much"):
            next(decode(str(folder / name)))
    monkeypatch.setattr(memory, "is_short", lambda: True)
    with pytest.raises(MemoryError):
        next(decode(str(folder / name)))


def test_a_huge_picture_costs_its_file(folder: Path, tmp_path: Path) -> None:
    write_film(folder / "good.mp4", pictures(10))
    huge(folder / "huge.avi")
    cli.main(["scan", str(folder), "-o", str(tmp_path / "out"), "--workers", "1"])
    [lost] = read_dropped(tmp_path / "out" / "dropped.parquet")
    assert (lost.id, lost.reason) == (str(folder / "huge.avi"), "too_large")


def test_the_limit_reaches_the_process_that_works() -> None:
    inline.engine(Pool(1, Limits(memory_mb=700), Path("spool")))
    assert memory.room_bytes() == (700 - memory.PROGRAM_MB) * 1_000_000


def test_more_workers_than_the_memory_holds_are_warned_of(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda: 5_000_000_000)
    memory_room(2, 2_000_000_000)
    assert caplog.text == ""
    memory_room(4, 2_000_000_000)
    assert "4 workers may take 8,000 MB of memory together, this machine has 5,000 MB free; --workers 2" in caplog.text


@pytest.mark.parametrize("known", [memory.peak_bytes, memory.free_bytes])
def test_memory_of_this_machine_is_known(known: Callable[[], int | None]) -> None:
    assert 10_000_000 < (known() or 0) < 1 << 45
