"""Bytes and back."""

from collections.abc import Callable

import numpy as np
import pytest

from tests.shards.conftest import clips_of
from vqaprep.errors import InputError, IntegrityError, MediaError
from vqaprep.rows import Video
from vqaprep.shards.codecs import decode, encode
from vqaprep.shards.headers import EXTENSIONS
from vqaprep.shards.plan import plan
from vqaprep.shards.settings import Codec, ShardSettings

FRAMES = np.random.default_rng(0).integers(0, 255, (3, 24, 40, 3), np.uint8)


@pytest.mark.parametrize("codec", ["npy", "zstd"])
def test_exact_codecs_are_exact(codec: Codec) -> None:
    data = memoryview(bytearray(encode(FRAMES, codec)))
    assert np.array_equal(decode(data, EXTENSIONS[codec], num_frames=3), FRAMES)


@pytest.mark.parametrize("codec", ["npy", "zstd", "jpeg"])
def test_same_frames_same_bytes(codec: Codec) -> None:
    assert encode(FRAMES.copy(), codec) == encode(FRAMES, codec)


def test_jpeg_keeps_colour_at_full_resolution() -> None:
    frames = np.zeros((2, 16, 16, 3), np.uint8)
    frames[:, :, ::2] = (255, 0, 0)
    frames[:, :, 1::2] = (0, 0, 255)
    back = decode(memoryview(encode(frames, "jpeg")), "jpg", num_frames=2)
    assert back.shape == frames.shape
    assert np.abs(back.astype(int) - frames).max() < 30, "halved chroma would mix red and blue columns"


def test_distortion_views_of_any_layout_are_stored_in_order() -> None:
    back = decode(memoryview(encode(FRAMES[:, ::-1, ::2], "npy")), "npy", num_frames=3)
    assert np.array_equal(back, FRAMES[:, ::-1, ::2])


@pytest.mark.parametrize("extension", ["pkl", "pyd", "npz", "pth", ""])
def test_other_members_are_never_opened(extension: str) -> None:
    with pytest.raises(IntegrityError, match="unknown member type"):
        decode(memoryview(b"cos\nsystem\n"), extension, num_frames=1)


@pytest.mark.parametrize("codec", ["npy", "zstd", "jpeg"])
def test_damaged_bytes_are_told(codec: Codec) -> None:
    with pytest.raises(IntegrityError, match="damaged"):
        decode(memoryview(bytearray(encode(FRAMES, codec)))[5:], EXTENSIONS[codec], num_frames=3)


def test_pickled_arrays_are_refused() -> None:
    import io

    file = io.BytesIO()
    np.save(file, np.asarray([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(IntegrityError):
        decode(memoryview(file.getvalue()), "npy", num_frames=1)


def test_frames_that_do_not_fit_a_jpeg_cost_their_clip(film: Callable[..., Video]) -> None:
    """A thin picture becomes high when its short side is enlarged."""
    odd = [clip.having(width_px=4, height_px=4096) for clip in clips_of(film("odd.mp4"))]
    usual = clips_of(film("usual.mp4", seed=1))
    settings = ShardSettings(spatial="resize", size_px=64, codec="jpeg")
    plan([*odd, *usual], settings)
    with pytest.raises(InputError, match="do not fit a JPEG; use --codec zstd"):
        plan(odd, settings)
    with pytest.raises(MediaError, match=r"unsupported: .* do not fit a JPEG"):
        encode(np.zeros((4, 16_400, 2, 3), np.uint8), "jpeg")
    with pytest.raises(MediaError, match="unsupported"):
        encode(np.zeros((1, 1, 65_501, 3), np.uint8), "jpeg")
