"""The codecs spend what their strength says, as the ffmpeg commands of the papers do."""

import os
import subprocess
import sys
from importlib import import_module
from typing import Any

import cv2
import imageio_ffmpeg
import numpy as np
import pytest

from vqaprep.distortions import Frames, SourceInfo, get
from vqaprep.media.encode import encode_yuv, rgb_of, round_trip, yuv_of

h264: Any = import_module("vqaprep.distortions.h264")


def moving_noise(num_frames: int = 24) -> Frames:
    """Return coarse blocks that pan, with grain that is new in each frame so that prediction never fits."""
    rng = np.random.default_rng(0)
    picture = rng.integers(60, 200, (12, 16 + num_frames, 1)).repeat(8, axis=0).repeat(8, axis=1)
    frames = np.stack([picture[:, 3 * t : 3 * t + 128] for t in range(num_frames)])
    return np.repeat((frames + rng.normal(0, 6, frames.shape)).astype(np.uint8), 3, axis=3)


def codec_of(name: str, frames: Frames, strength: float, bits_per_pixel: float | None) -> Frames:
    source = SourceInfo(rate_fps=25, bits_per_pixel=bits_per_pixel)
    return get(name).apply(frames, strength, np.random.default_rng(0), source)


@pytest.mark.parametrize("bits_per_frame", [1500, 4000, 12000, 40000])
def test_h264_spends_the_bits_asked_for_outside_the_key_frame(bits_per_frame: int) -> None:
    packets = h264._spending(bits_per_frame, moving_noise(), rate_fps=25)
    key_bits = [8 * packet.size for packet in packets if packet.is_keyframe]
    other_bits = [8 * packet.size for packet in packets if not packet.is_keyframe]
    assert len(key_bits) == 1
    assert len(other_bits) == 23
    spent = sum(other_bits) / 23 + key_bits[0] / 250
    assert 2 ** (-1 / 6) < spent / bits_per_frame < 2 ** (1 / 6)


def test_h264_is_the_plain_encode_at_the_rate_factor_it_found(monkeypatch: pytest.MonkeyPatch) -> None:
    options: list[dict[str, str]] = []

    def watched(pictures: Any, **how: Any) -> Any:
        options.append(how["options"])
        return encode_yuv(pictures, **how)

    monkeypatch.setattr(h264, "encode_yuv", watched)
    frames = moving_noise().repeat(2, axis=1)
    damaged = codec_of("h264", frames, 1 / 2, 0.4)
    assert options[0]["preset"] == "veryfast", "trials come first"
    assert options[-1].keys() == {"crf"}
    np.testing.assert_array_equal(damaged, round_trip(frames, codec="libx264", options=options[-1], rate_fps=25))


def test_codecs_are_silent(capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("h264", "h264_crf", "hevc", "mpeg2", "packet_loss"):
        codec_of(name, moving_noise(8), get(name).strengths[1], 0.2)
    assert capfd.readouterr() == ("", "")


def test_h264_stops_at_the_finest_quality_when_bits_abound() -> None:
    still = np.repeat(moving_noise(1), 5, axis=0)
    finest = round_trip(still, codec="libx264", options={"crf": "1.00"}, rate_fps=25)
    np.testing.assert_array_equal(codec_of("h264", still, 1 / 2, bits_per_pixel=1000), finest)


@pytest.mark.parametrize(("ratio", "crf"), [(2 / 3, "28.00"), (1 / 2, "36.00"), (1 / 4, "44.00")])
def test_h264_without_a_bit_rate_is_at_fixed_quality(ratio: float, crf: str) -> None:
    frames = moving_noise(8)
    expected = round_trip(frames, codec="libx264", options={"crf": crf}, rate_fps=25)
    np.testing.assert_array_equal(codec_of("h264", frames, ratio, bits_per_pixel=None), expected)


def test_a_poorer_source_gives_a_poorer_copy() -> None:
    frames = moving_noise(12)
    rich, poor = (codec_of("h264", frames, 1 / 2, bits_per_pixel=bits).astype(int) for bits in (1.0, 0.05))
    assert np.abs(poor - frames).mean() > np.abs(rich - frames).mean()


@pytest.mark.parametrize("qscale", [1, 20, 30])
def test_mpeg2_is_the_ffmpeg_command_of_the_paper(qscale: int) -> None:
    frames = moving_noise(16)
    pictures = list(yuv_of(frames))
    raw = b"".join(picture.to_ndarray().tobytes() for picture in pictures)
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-threads", "1"]
    size = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{pictures[0].width}x{pictures[0].height}"]
    coder = ["-c:v", "mpeg2video", "-qscale:v", str(qscale), "-f", "mpeg2video", "pipe:1"]
    stream = subprocess.run([*ffmpeg, *size, "-i", "pipe:0", *coder], input=raw, capture_output=True, check=True)
    back = [*ffmpeg, "-f", "mpegvideo", "-i", "pipe:0", "-f", "rawvideo", "pipe:1"]
    shown = subprocess.run(back, input=stream.stdout, capture_output=True, check=True).stdout
    theirs = np.frombuffer(shown, np.uint8).reshape(16, pictures[0].height * 3 // 2, -1)
    expected = rgb_of([type(pictures[0]).from_ndarray(plane, "yuv420p") for plane in theirs], frames.shape)
    np.testing.assert_array_equal(codec_of("mpeg2", frames, qscale, None), expected)


_DAMAGED = """
import hashlib
import numpy as np
from tests.distortions.test_codecs import panning_cloud
from vqaprep.distortions import SourceInfo, get

clouds = [panning_cloud(*size) for size in ((152, 152), (48, 64), (130, 60), (97, 113))]
noise = np.random.default_rng(0).integers(0, 256, (24, 48, 64, 3), np.uint8)
for name in ("h264", "h264_crf", "hevc", "mpeg2", "packet_loss", "frame_interpolation", "jpeg"):
    for frames in (*clouds, noise):
        damaged = get(name).apply(frames, get(name).strengths[0], np.random.default_rng(0), SourceInfo(25, 0.2))
        print(name, frames.shape, hashlib.sha256(damaged).hexdigest())
"""


def panning_cloud(height_px: int, width_px: int) -> Frames:
    """Return soft shapes that move, for which x264's macroblock tree has work to do."""
    cloud = cv2.GaussianBlur(np.random.default_rng(0).normal(size=(height_px, width_px + 48, 3)), (0, 0), 3)
    picture = np.clip(128 + 250 * cloud, 0, 255).astype(np.uint8)
    return np.stack([picture[:, 2 * t : 2 * t + width_px] for t in range(24)])


def test_what_lay_in_memory_before_changes_no_byte() -> None:
    script = [sys.executable, "-c", _DAMAGED]
    # All memory comes from the heap, where glibc fills it with the value: encoders that read it tell.
    heap = os.environ | {"MALLOC_MMAP_THRESHOLD_": "4000000000", "MALLOC_TRIM_THRESHOLD_": "4000000000"}
    junk = [heap | {"MALLOC_PERTURB_": value} for value in ("1", "90", "190")]
    said = [subprocess.run(script, env=env, capture_output=True, check=True).stdout.splitlines() for env in junk]
    assert len(said[0]) == 35
    assert [line for line, *others in zip(*said, strict=True) if {line} != set(others)] == []
