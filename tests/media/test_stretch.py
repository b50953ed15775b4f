"""A stretch holds the frames that a decode from the start gives, whatever the file; a key frame only saves time."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.films import cut_without_decoding, ffmpeg, number_of, pictures, write_film
from tests.reference import run_ffmpeg
from vqaprep.media import stretch
from vqaprep.media.decode import decode
from vqaprep.media.probe import probe
from vqaprep.media.stretch import decode_from, key_frames_before
from vqaprep.rows import Video

NUM_FRAMES = 150
CLOSED = {"x264-params": "keyint=25:min-keyint=25:scenecut=0:bframes=3:crf=24"}


@pytest.fixture
def num_from_start(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were decoded from their start."""
    opened: list[str] = []

    def spying(uri: str, **how: Any) -> Any:
        opened.append(uri)
        return decode(uri, **how)

    monkeypatch.setattr(stretch, "decode", spying)
    return opened


def check_stretches(video: Video) -> None:
    """Hold stretches that begin at several frames against a decode from the start."""
    whole = [(frame.t_s, frame.rgb()) for frame in decode(video.uri, scanned=video)]
    for first in (70, 99, 100, 101, 131):
        anchor = first + 3  # the frames before it are those that a distortion needs to get going
        known_s = {number: whole[number][0] for number in range(anchor, len(whole), 2)}
        seen = {f.index: (f.t_s, f.rgb()) for f in decode_from(video, first=first, known_s=known_s) if f.index >= first}
        assert list(seen) == list(range(first, len(whole)))
        for number, (t_s, rgb) in seen.items():
            assert t_s == whole[number][0]
            np.testing.assert_array_equal(rgb, whole[number][1])


def drawn(path: Path, **how: Any) -> Path:
    return write_film(path, pictures(NUM_FRAMES), **{"options": CLOSED, **how})


def coded(folder: Path, name: str, *options: object) -> Path:
    return run_ffmpeg("-i", drawn(folder / "drawn.mp4"), *options, folder / name)


VFR_MS = [40 * number + 13 * (number % 3) for number in range(NUM_FRAMES)]
RESTARTED: dict[str, Callable[[Path], Path]] = {
    "h264.mp4": lambda folder: drawn(folder / "a.mp4"),
    "h264.mkv": lambda folder: drawn(folder / "a.mkv"),
    "h264.ts": lambda folder: drawn(folder / "a.ts"),
    "variable rate": lambda folder: drawn(folder / "v.mp4", times_ms=VFR_MS),
    "hevc, open groups": lambda folder: coded(
        folder, "a.mkv", "-c:v", "libx265", "-x265-params", "keyint=25:open-gop=1:log-level=0"
    ),
    "vp9": lambda folder: coded(folder, "a.webm", "-c:v", "libvpx-vp9", "-g", 25, "-deadline", "realtime"),
    "mpeg2": lambda folder: coded(folder, "a.ts", "-c:v", "mpeg2video", "-g", 15, "-bf", 2),
    "mjpeg": lambda folder: coded(folder, "a.mov", "-c:v", "mjpeg"),
    "edit list": lambda folder: cut_without_decoding(drawn(folder / "whole.mp4"), folder / "a.mp4", start_s=0.3),
}


@pytest.mark.parametrize("name", RESTARTED)
def test_a_stretch_begins_at_a_key_frame_where_its_codec_allows_it(
    tmp_path: Path, num_from_start: list[str], name: str
) -> None:
    check_stretches(probe(str(RESTARTED[name](tmp_path))))
    assert num_from_start == []


def joined(folder: Path) -> Path:
    """Return a transport stream of two recordings, of which the second repeats the times of the first."""
    parts = [drawn(folder / f"{i}.ts") for i in range(2)]
    (folder / "a.ts").write_bytes(b"".join(part.read_bytes() for part in parts))
    return folder / "a.ts"


def damaged(folder: Path) -> Path:
    path = drawn(folder / "a.mp4")
    data = bytearray(path.read_bytes())
    data[len(data) * 7 // 10 : len(data) * 7 // 10 + 400] = bytes(400)
    path.write_bytes(data)
    return path


FROM_START: dict[str, Callable[[Path], Path]] = {
    "h264, open groups": lambda folder: write_film(folder / "a.mp4", pictures(NUM_FRAMES)),
    "mpeg4": lambda folder: coded(folder, "a.avi", "-c:v", "mpeg4", "-bf", 2, "-g", 25),
    "joined": joined,
    "turned": lambda folder: drawn(folder / "a.mp4", rotation_deg=90),
}


@pytest.mark.parametrize("name", FROM_START)
def test_a_stretch_is_decoded_from_the_start_where_that_is_not_proved(
    tmp_path: Path, num_from_start: list[str], name: str
) -> None:
    video = probe(str(FROM_START[name](tmp_path)))
    check_stretches(video)
    assert len(num_from_start) >= 4, "a file may hold an IDR picture now and then"


def test_damage_in_a_stretch_is_that_of_a_decode_from_the_start(tmp_path: Path) -> None:
    video = probe(str(damaged(tmp_path)))
    whole = list(decode(video.uri, scanned=video))
    assert any(frame.is_damaged for frame in whole[70:])
    known_s = {frame.index: frame.t_s for frame in whole}
    seen = [(f.index, f.is_damaged) for f in decode_from(video, first=66, known_s=known_s) if f.index >= 66]
    assert seen == [(frame.index, frame.is_damaged) for frame in whole[66:]]


def test_times_of_another_file_are_no_proof(tmp_path: Path, num_from_start: list[str]) -> None:
    video = probe(str(drawn(tmp_path / "a.mp4")))
    shifted_s = {number: 0.04 * number + 0.01 for number in range(80, 100)}
    frames = [f for f in decode_from(video, first=80, known_s=shifted_s) if f.index >= 80]
    assert [number_of(f.rgb()) for f in frames] == list(range(80, NUM_FRAMES))
    assert num_from_start == [video.uri]


def test_key_frames_are_known_where_a_decode_may_begin(tmp_path: Path) -> None:
    closed = probe(str(drawn(tmp_path / "a.mp4")))
    assert key_frames_before(closed, [3.0, 3.9]) == pytest.approx([3.0, 3.0])
    is_open = probe(str(write_film(tmp_path / "b.mp4", pictures(NUM_FRAMES))))
    assert key_frames_before(is_open, [3.0]) == [None]
    ffmpeg("-i", closed.uri, "-c", "copy", str(tmp_path / "c.mkv"))
    assert key_frames_before(probe(str(tmp_path / "c.mkv")), [3.0]) == pytest.approx([3.0])
