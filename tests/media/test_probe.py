"""A row says what the file holds, before anything is decoded."""

import hashlib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.films import HEIGHT_PX, WIDTH_PX, ffmpeg, number_of, pictures, with_cover, write_film, write_sound
from tests.odd_streams import encrypted
from vqaprep.errors import MediaError
from vqaprep.media.container import open_video
from vqaprep.media.decode import decode
from vqaprep.media.h264 import may_hold_fields
from vqaprep.media.probe import probe


def test_a_row_says_what_the_file_is(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mp4", pictures(30))
    row = probe(str(path), dataset="own", mos=3.5)
    assert (row.width_px, row.height_px, row.num_frames, row.codec) == (WIDTH_PX, HEIGHT_PX, 30, "h264")
    assert row.rate_fps == pytest.approx(25)
    assert row.duration_s == pytest.approx(30 / 25, abs=1e-3)
    assert (row.is_vfr, row.start_s, row.dataset, row.mos) == (False, 0.0, "own", 3.5)
    assert row.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert row.sha256.startswith(row.video_id)
    assert row.num_bytes == path.stat().st_size


def test_the_id_survives_a_new_name(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mp4", pictures(5))
    before = probe(str(path)).video_id
    assert probe(str(path.rename(tmp_path / "Jane Miller.mp4"))).video_id == before


@pytest.mark.parametrize(("degrees", "size"), [(90, (HEIGHT_PX, WIDTH_PX)), (180, (WIDTH_PX, HEIGHT_PX))])
def test_sizes_are_as_displayed(tmp_path: Path, degrees: int, size: tuple[int, int]) -> None:
    row = probe(str(write_film(tmp_path / "film.mp4", pictures(5), rotation_deg=degrees)))
    assert (row.width_px, row.height_px) == size


@pytest.mark.parametrize("ending", ["mp4", "mkv", "ts"])
def test_a_variable_rate_is_noticed_and_its_usual_rate_told(tmp_path: Path, ending: str) -> None:
    times_ms = [40 * i + 40 * (i // 5) for i in range(40)]
    row = probe(str(write_film(tmp_path / f"film.{ending}", pictures(40), times_ms=times_ms)))
    assert row.is_vfr
    assert row.rate_fps == pytest.approx(25, rel=0.02)


def test_rounding_to_milliseconds_is_no_variable_rate(tmp_path: Path) -> None:
    times_ms = [round(i * 1001 / 30) for i in range(60)]
    row = probe(str(write_film(tmp_path / "film.mkv", pictures(60), times_ms=times_ms)))
    assert not row.is_vfr
    assert row.rate_fps == pytest.approx(30000 / 1001, rel=1e-3)


def test_a_late_start_is_told(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mkv", pictures(20), times_ms=[5000 + 40 * i for i in range(20)])
    row = probe(str(path))
    assert row.start_s == pytest.approx(5.0, abs=2e-3)
    assert row.keep.start_s == row.start_s
    assert row.duration_s == pytest.approx(0.8, abs=2e-3)


def test_one_frame_is_a_video_with_a_length(tmp_path: Path) -> None:
    row = probe(str(write_film(tmp_path / "film.mp4", pictures(1))))
    assert row.num_frames == 1
    assert row.duration_s > 0


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    with pytest.raises(MediaError) as caught:
        probe(str(write_sound(tmp_path / "sound.mp4")))
    assert caught.value.reason == "no_video"


def test_a_cover_picture_is_not_the_film(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mp4", pictures(20))
    row = probe(str(with_cover(path, tmp_path / "covered.mp4")))
    alone = probe(str(path))
    same = {name: getattr(alone, name) for name in ("uri", "video_id", "sha256", "num_bytes", "stream_index")}
    assert replace(row, **same) == alone
    assert [number_of(frame.rgb()) for frame in decode(row.uri)] == list(range(20))


def test_a_cover_picture_alone_is_no_video(tmp_path: Path) -> None:
    with pytest.raises(MediaError) as caught:
        probe(str(with_cover(write_sound(tmp_path / "sound.mp4"), tmp_path / "covered.mp4")))
    assert caught.value.reason == "no_video"


def test_a_missing_file_is_away(tmp_path: Path) -> None:
    with pytest.raises(MediaError) as caught:
        probe(str(tmp_path / "nowhere.mp4"))
    assert caught.value.reason == "away"


def test_a_codec_nobody_knows_is_unreadable(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mp4", pictures(5))
    path.write_bytes(path.read_bytes().replace(b"avc1", b"zzzz").replace(b"avcC", b"zzzC"))
    with pytest.raises(MediaError) as caught:
        probe(str(path))
    assert caught.value.reason == "unreadable"


def test_a_cut_off_file_is_truncated_or_corrupt(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mp4", pictures(60), muxer={"movflags": "faststart"})
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    with pytest.raises(MediaError) as caught:
        probe(str(path))
    assert caught.value.reason in ("truncated", "corrupt")
    assert caught.value.detail


def test_an_encrypted_video_says_so(tmp_path: Path) -> None:
    encrypted(tmp_path / "a.mp4")
    with pytest.raises(MediaError, match=r"unsupported.*encrypted"):
        probe(str(tmp_path / "a.mp4"))


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ("tff=1", True),
        ("tff=1:cqm=jvt", True),
        ("", False),
        ("cqm=jvt", False),
        ("cqm4=" + ",".join(map(str, range(10, 26))), False),
    ],
)
@pytest.mark.parametrize("ending", ["mp4", "ts"])
def test_headers_say_whether_there_may_be_fields(params: str, expected: bool, ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{ending}"
    ffmpeg(
        "-f", "lavfi", "-i", "testsrc2=size=96x64:duration=0.2", "-c:v", "libx264", "-x264-params", params, str(path)
    )
    with open_video(str(path)) as (_, stream):
        assert may_hold_fields(stream.codec_context) is expected


@pytest.mark.parametrize("data", [b"", b"\x01", b"\x01" * 12, bytes(40), b"\x00\x00\x01\x67\x64"])
def test_a_header_that_is_damaged_says_nothing(data: bytes) -> None:
    assert may_hold_fields(SimpleNamespace(name="h264", extradata=data))
