"""Bytes and back."""

import numpy as np
import pytest

from vqaprep.errors import IntegrityError
from vqaprep.shards.codecs import decode, encode
from vqaprep.shards.headers import EXTENSIONS
from vqaprep.shards.settings import Codec

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
