"""What is decoded is what was scanned: other bytes, changing bytes and things that are no files cost a reason."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.films import number_of, pictures, write_film
from vqaprep.errors import MediaError
from vqaprep.media import checksums, source_bytes
from vqaprep.media.decode import decode
from vqaprep.media.look import Look, look
from vqaprep.media.probe import probe
from vqaprep.media.source_bytes import open_source
from vqaprep.rows import Video


@pytest.fixture
def video(folder: Path) -> Video:
    return probe(str(write_film(folder / "film.mp4", pictures(30))))


def reason_of(video: Video) -> str:
    """Return why `video` cannot be decoded, or nothing."""
    try:
        list(decode(video.uri, num_frames=video.num_frames, scanned=video))
    except MediaError as error:
        return error.reason
    return ""


def other_film(path: Path) -> None:
    write_film(path, pictures(30, shade=140))


def one_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def one_bit_with_its_time_set_back(path: Path) -> None:
    state = path.stat()
    one_bit(path)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


def one_byte_more(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")


@pytest.mark.parametrize("is_settled", [True, False])
@pytest.mark.parametrize("change", [other_film, one_bit, one_bit_with_its_time_set_back, one_byte_more])
def test_another_file_under_the_name_of_the_first_is_noticed(
    video: Video, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None], is_settled: bool
) -> None:
    monkeypatch.setattr(source_bytes, "_SETTLED_S", -1.0 if is_settled else 60.0)
    assert reason_of(video) == ""
    change(Path(video.uri))
    assert reason_of(video) == "changed"


def test_a_known_version_is_not_read_again(video: Video, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_bytes, "_SETTLED_S", -1.0)
    probe(video.uri)
    monkeypatch.setattr(checksums, "sha256_of", lambda _: pytest.fail("it was read again"))
    assert reason_of(video) == ""
    Path(video.uri).rename(Path(video.uri).with_name("moved.mp4"))  # the time of change moves with it
    with open_source(str(Path(video.uri).with_name("moved.mp4"))) as source, pytest.raises(pytest.fail.Exception):
        source.sha256()


def test_a_damaged_note_of_a_checksum_is_no_checksum(video: Video, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_bytes, "_SETTLED_S", -1.0)
    probe(video.uri)
    notes = list(Path(os.environ["VQAPREP_CACHE"], "checksums").iterdir())
    assert len(notes) == 1
    for damage in ("", "00", "no checksum"):
        notes[0].write_text(damage)
        assert reason_of(video) == ""
        assert notes[0].read_text() == video.sha256


def test_a_file_that_is_written_to_while_it_is_read_is_noticed(video: Video) -> None:
    frames = decode(video.uri, num_frames=video.num_frames, scanned=video)
    next(frames)
    with Path(video.uri).open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"?")
    with pytest.raises(MediaError, match="changed"):
        list(frames)


def test_a_file_that_grows_while_it_is_scanned_is_noticed(video: Video, monkeypatch: pytest.MonkeyPatch) -> None:
    read = checksums.sha256_of

    def reading(file: object) -> str:
        one_byte_more(Path(video.uri))
        return read(file)  # type: ignore[arg-type]

    monkeypatch.setattr(checksums, "sha256_of", reading)
    with pytest.raises(MediaError, match="changed"):
        probe(video.uri)


def test_a_link_or_a_new_mode_changes_nothing(video: Video) -> None:
    frames = decode(video.uri, num_frames=video.num_frames, scanned=video)
    next(frames)
    Path(video.uri).chmod(0o600)
    Path(video.uri).with_name("link.mp4").hardlink_to(video.uri)
    assert len(list(frames)) == video.num_frames - 1


def test_a_look_is_of_the_file_and_the_length_of_the_row(video: Video, tmp_path: Path) -> None:
    path = tmp_path / "look.parquet"
    look(video).save(path, video)
    assert Look.load(path, video).num_frames == 30
    for other in (video.having(num_frames=29), video.having(sha256="0" * 64)):
        with pytest.raises(ValueError, match="no look at a file"):
            Look.load(path, other)


def pipe(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("make", [pipe, device, Path.mkdir, lambda path: path.symlink_to(path)])
def test_what_is_no_regular_file_is_not_opened(folder: Path, make: Callable[[Path], None]) -> None:
    make(folder / "a.mp4")
    with pytest.raises(MediaError, match="unreadable"):
        probe(str(folder / "a.mp4"))


NAMES = (
    "2026-05-01T12:30:00.mp4", "Interview: Jane.mp4", "http:a.mp4", "file:a.mp4", "concat:a.mp4|b.mp4", "pipe:.mp4",
    "pipe:0", "-", "-i.mp4", "s3:a.mp4", "subfile,,start,0,end,9,,:a.mp4", "data:video,a.mp4", "crypto+file:a.mp4",
    "fd:0.mp4", "rtsp:a.mp4", "tcp:127.0.0.1:9.mp4", "%d.mp4", "a*.mp4", "a\nb.mp4", "lavfi:a.mp4", "private:a.mp4",
    "C:\\a.mp4", "a://b.mp4",
)  # fmt: skip


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(folder)
    write_film(folder / "a.mp4", pictures(7))
    write_film(folder / "b.mp4", pictures(8))
    yield folder


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_only_a_name(here: Path, name: str) -> None:
    target = here / "like"
    write_film(target.with_suffix(".mp4"), pictures(20)[5:])
    Path(name).parent.mkdir(exist_ok=True)
    target.with_suffix(".mp4").rename(Path(name))
    uri = str(Path(name))  # as it is found in a folder
    video = probe(uri)
    assert video.num_frames == 15
    assert number_of(next(decode(uri, scanned=video)).rgb()) == 5


def test_a_place_that_no_file_has_is_a_number_for_the_decoder(folder: Path) -> None:
    """PyAV would print an exception, with its calls, as soon as another follows."""
    with open_source(str(write_film(folder / "film.mp4", pictures(3)))) as source:
        assert source.file.seek(-5) < 0
        assert source.file.seek(1 << 62) < 0
        assert source.file.seek(1 << 70) < 0
        assert source.file.seek(5) == source.file.tell() == 5
