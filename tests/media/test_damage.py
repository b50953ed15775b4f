"""Whole files are whole, damage costs the damaged stretch, and too much of it costs the video."""

import io
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest

from tests.films import number_of, pictures, write_film
from tests.reference import run_ffmpeg, shown_by_ffmpeg
from vqaprep.detect.observations import Observations
from vqaprep.errors import MediaError, memory
from vqaprep.media.container import open_video
from vqaprep.media.damage import marked
from vqaprep.media.decode import decode
from vqaprep.media.ending import cut_off
from vqaprep.media.look import look
from vqaprep.media.probe import probe
from vqaprep.media.reading import Reading
from vqaprep.rows import Clip
from vqaprep.stages.speed import Speed

GROUPS = {"x264-params": "keyint=10:min-keyint=10:bframes=3:scenecut=0:crf=20"}
SOUND = ("-f", "lavfi", "-i", "anullsrc=r=16000:cl=mono")


def film(path: Path, num: int = 60) -> Path:
    return write_film(path, pictures(num), options=GROUPS)


def without_packets(path: Path, *shares: float) -> Path:
    """Take packets of picture out of a transport stream, at these shares of its length."""
    data = path.read_bytes()
    packets = [data[at : at + 188] for at in range(0, len(data), 188)]
    video = [i for i, p in enumerate(packets) if (p[1] & 0x1F, p[2]) == (1, 0) and p[3] & 0x10 and not p[1] & 0x40]
    gone = {video[int(share * len(video))] for share in shares}
    path.write_bytes(b"".join(packet for i, packet in enumerate(packets) if i not in gone))
    return path


def cut(path: Path) -> list[Clip]:
    row = probe(str(path))
    found = Speed(num_frames=4)(row, Observations(look=look(row)), np.random.default_rng(0))
    return [clip for clip in found if isinstance(clip, Clip)]


def test_a_lost_packet_costs_its_group_of_pictures_alone(tmp_path: Path) -> None:
    path = without_packets(film(tmp_path / "film.ts"), 0.5)
    row = probe(str(path))
    assert row.num_frames == 60
    assert row.num_damaged_frames is not None and 0 < row.num_damaged_frames <= 20
    frames = list(decode(row.uri, scanned=row))
    expected = shown_by_ffmpeg(path, (96, 64))
    for frame in frames:
        if not frame.is_damaged:  # releases of ffmpeg conceal damage differently
            np.testing.assert_array_equal(frame.rgb(), expected[frame.index])
    damaged = {frame.index for frame in frames if frame.is_damaged}
    assert len(damaged) == row.num_damaged_frames == look(row).num_damaged
    clips = cut(path)
    assert len(clips) >= 9
    assert not damaged & {frame for clip in clips for frame in clip.frames}
    whole = film(tmp_path / "whole.ts")
    sound = [i for i in range(60) if i not in damaged]
    assert [number_of(expected[i]) for i in sound] == sound
    assert probe(str(whole)).num_damaged_frames is None


def test_every_frame_that_damage_changes_is_marked(tmp_path: Path) -> None:
    whole = film(tmp_path / "film.ts")
    before = shown_by_ffmpeg(whole, (96, 64)).astype(int)
    for seed in range(6):
        path = tmp_path / f"{seed}.ts"
        path.write_bytes(whole.read_bytes())
        row = probe(str(without_packets(path, float(np.random.default_rng(seed).random()))))
        marks = np.asarray([frame.is_damaged for frame in decode(row.uri, scanned=row)])
        if len(marks) == len(before):
            changed = np.abs(shown_by_ffmpeg(path, (96, 64)) - before).mean(axis=(1, 2, 3)) > 0.1
            assert not (changed & ~marks).any()


def test_damage_drops_the_video_where_asked_for(tmp_path: Path) -> None:
    path = without_packets(film(tmp_path / "film.ts"), 0.5)
    with pytest.raises(MediaError, match="frames are damaged") as caught:
        probe(str(path), Reading(on_damage="drop"))
    assert caught.value.reason == "corrupt"


def test_a_video_that_is_mostly_damaged_is_dropped_with_the_numbers(tmp_path: Path) -> None:
    path = without_packets(film(tmp_path / "film.ts"), 0.05, 0.25, 0.4, 0.6, 0.75, 0.9)
    with pytest.raises(MediaError, match=r"\d+ of \d+ frames are damaged; at least 50% must be sound"):
        probe(str(path))


def test_flipped_bits_of_an_mp4_are_found_by_the_look(tmp_path: Path) -> None:
    path = film(tmp_path / "film.mp4")
    data = bytearray(path.read_bytes())
    start = data.index(b"mdat") + (data.index(b"moov") - data.index(b"mdat")) // 2
    data[start : start + 40] = bytes(255 - value for value in data[start : start + 40])
    path.write_bytes(data)
    row = probe(str(path))
    assert row.num_frames == 60
    assert 0 < look(row).num_damaged < 30


@pytest.mark.parametrize(
    ("ending", "coder"), [("mkv", "libx264"), ("webm", "libvpx"), ("flv", "flv"), ("ts", "libx264")]
)
def test_sound_may_go_on_after_the_picture(tmp_path: Path, ending: str, coder: str) -> None:
    picture = write_film(tmp_path / "picture.mkv", pictures(25))
    sound = {"webm": "libopus", "flv": "libmp3lame"}.get(ending, "aac")
    how = ("-c:v", coder, "-c:a", sound, "-ar", 48000 if ending == "webm" else 44100)
    path = run_ffmpeg("-i", picture, *SOUND, "-t", 12, *how, tmp_path / f"film.{ending}")
    row = probe(str(path))
    assert row.num_frames == len(list(decode(row.uri, scanned=row))) == 25


def test_empty_chunks_of_avi_are_no_frames(tmp_path: Path) -> None:
    times_ms = [40 * i + 400 * (i > 10) for i in range(30)]
    slow = write_film(tmp_path / "slow.mkv", pictures(30), times_ms=times_ms)
    path = run_ffmpeg("-i", slow, "-c:v", "mpeg4", "-fps_mode", "vfr", tmp_path / "film.avi")
    row = probe(str(path))
    assert row.num_frames == look(row).num_frames == len(shown_by_ffmpeg(path, (96, 64)))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    with pytest.raises(MediaError, match="truncated"):
        probe(str(path))


def test_an_avi_of_unknown_size_is_not_called_cut(tmp_path: Path) -> None:
    data = b"RIFF" + bytes(4) + b"AVI " + bytes(100)
    assert cut_off(io.BytesIO(data), len(data), "avi") is None


def test_two_field_pictures_are_one_frame() -> None:
    """The file holds 24 fields of I_PCM blocks, each a picture and a packet of its own, as AVCHD cameras write."""
    path = Path(__file__).parent.parent / "cases" / "paff.m2ts"
    row = probe(str(path))
    assert (row.num_frames, row.rate_fps, row.is_interlaced) == (12, 25, True)
    assert look(row).num_frames == 12
    frames = [frame.rgb() for frame in decode(row.uri, scanned=row)]
    np.testing.assert_array_equal(frames, shown_by_ffmpeg(path, (row.width_px, row.height_px)))
    assert len(cut(path)) == 3


class Starved:
    """A packet for which the decoder finds no memory."""

    pts = 0

    def decode(self) -> list[object]:
        raise av.error.MemoryError(12, "Cannot allocate memory")


@pytest.mark.parametrize("is_short", [True, False])
def test_a_lack_of_memory_is_no_damage_but_a_packet_that_asks_for_too_much_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_short: bool
) -> None:
    """Without memory frames would be missing, and other ones in each worker."""
    monkeypatch.setattr(memory, "is_short", lambda *_: is_short)
    stream = SimpleNamespace(codec_context=SimpleNamespace(width=96, height=64))
    path = str(film(tmp_path / "film.mp4", 4))
    with pytest.raises(MemoryError if is_short else MediaError), open_video(path):
        list(marked(SimpleNamespace(demux=lambda _: [Starved(), Starved()]), stream))
