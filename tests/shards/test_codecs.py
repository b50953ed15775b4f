"""Every codec gives back what it was given, says how large it is before it is unpacked, and nothing else is opened."""

import io
from collections.abc import Callable

import numpy as np
import pytest
import zstandard
from pydantic import ValidationError

from tests.shards.conftest import clips_of
from vqaprep.errors import InputError, IntegrityError, MediaError
from vqaprep.rows import Video
from vqaprep.shards import codecs
from vqaprep.shards.codecs import announced, decode, encode
from vqaprep.shards.headers import HEAD_BYTES, MOST_BYTES, npy_header
from vqaprep.shards.plan import plan
from vqaprep.shards.settings import ShardSettings

RNG = np.random.default_rng(0)
FRAMES = RNG.integers(0, 255, (3, 24, 40, 3), np.uint8)
SHAPES = [(1, 1, 1, 3), (1, 7, 5, 3), (2, 1, 9, 3), (3, 24, 40, 3), (16, 33, 17, 3)]
ALL = codecs.names()
EXACT = [name for name in ALL if codecs.get(name).is_exact]


def back(frames: np.ndarray, name: str) -> np.ndarray:
    data = memoryview(bytearray(encode(frames, name)))
    return decode(data, codecs.get(name).extension, num_frames=len(frames), shape=frames.shape)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", EXACT)
def test_exact_codecs_are_exact(name: str, shape: tuple[int, ...]) -> None:
    for frames in (RNG.integers(0, 256, shape, np.uint8), np.zeros(shape, np.uint8), np.full(shape, 255, np.uint8)):
        before = frames.copy()
        assert np.array_equal(back(frames, name), frames)
        assert np.array_equal(frames, before), "what is stored is not changed"


@pytest.mark.parametrize("name", ALL)
def test_frames_of_any_layout_are_stored_in_order(name: str) -> None:
    turned = FRAMES[::-1, ::-1, ::2]
    assert encode(turned, name) == encode(np.ascontiguousarray(turned), name)


@pytest.mark.parametrize("name", ALL)
def test_same_frames_same_bytes(name: str) -> None:
    assert encode(FRAMES.copy(), name) == encode(FRAMES, name)


@pytest.mark.parametrize("name", ALL)
def test_a_codec_has_its_own_extension_and_a_line_of_help(name: str) -> None:
    codec = codecs.get(name)
    assert [other for other in ALL if codecs.get(other).extension == codec.extension] == [name]
    assert codecs.extension_of(f"a.query.none.{codec.extension}") == codec.extension
    assert f"{name}: " in codecs.summaries()
    assert 0 < codec.share <= 1


@pytest.mark.parametrize("name", ALL)
def test_the_head_says_the_shape_or_that_only_unpacking_does(name: str) -> None:
    data, extension = encode(FRAMES, name), codecs.get(name).extension
    how = {"num_frames": 3, "shape": FRAMES.shape}
    said = announced(memoryview(data)[:HEAD_BYTES], len(data), extension, **how)  # type: ignore[arg-type]
    assert said in (FRAMES.shape, None)
    for other in ((3, 24, 41, 3), (3, 48, 40, 3)):
        with pytest.raises(IntegrityError, match="damaged"):
            decode(memoryview(bytearray(data)), extension, num_frames=3, shape=other)


@pytest.mark.parametrize("name", ALL)
def test_damaged_bytes_are_refused(name: str) -> None:
    data, extension = bytearray(encode(FRAMES, name)), codecs.get(name).extension
    for part in (data[5:], data[: len(data) // 2], b"", bytes(64)):
        with pytest.raises(IntegrityError, match="damaged"):
            decode(memoryview(bytearray(part)), extension, num_frames=3, shape=FRAMES.shape)


@pytest.mark.parametrize("name", ["zstd", "delta"])
def test_a_few_bytes_that_ask_for_gigabytes_are_not_unpacked(name: str) -> None:
    huge = b"\x28\xb5\x2f\xfd\xc0\x58" + (MOST_BYTES + 1).to_bytes(8, "little")  # RFC 8878, 3.1.1: its head
    extension = codecs.get(name).extension
    for shape in (None, FRAMES.shape):
        with pytest.raises(ValueError, match=r"unpacks to \d+ bytes|does not say"):
            announced(memoryview(huge), len(huge), extension, num_frames=3, shape=shape)


def test_still_pictures_take_few_bytes_as_differences() -> None:
    still = np.repeat(FRAMES[:1], 16, axis=0)
    assert len(encode(still, "delta")) < 0.1 * len(encode(still, "npy"))


def test_jpeg_keeps_colour_at_full_resolution() -> None:
    frames = np.zeros((2, 16, 16, 3), np.uint8)
    frames[:, :, ::2] = (255, 0, 0)
    frames[:, :, 1::2] = (0, 0, 255)
    assert np.abs(back(frames, "jpeg").astype(int) - frames).max() < 30, "halved chroma would mix red and blue columns"


@pytest.mark.parametrize("extension", ["pkl", "pyd", "npz", "pth", ""])
def test_other_members_are_never_opened(extension: str) -> None:
    with pytest.raises(IntegrityError, match="unknown member type"):
        decode(memoryview(b"cos\nsystem\n"), extension, num_frames=1)


def test_pickled_arrays_are_refused() -> None:
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
    with pytest.raises(InputError, match="do not fit --codec jpeg; use --codec delta"):
        plan(odd, settings)
    with pytest.raises(MediaError, match=r"unsupported: .* do not fit --codec jpeg"):
        encode(np.zeros((4, 16_400, 2, 3), np.uint8), "jpeg")
    with pytest.raises(MediaError, match="unsupported"):
        encode(np.zeros((1, 1, 65_501, 3), np.uint8), "jpeg")


def test_a_delta_member_is_no_plain_array_of_differences() -> None:
    plain = zstandard.ZstdCompressor().compress(npy_header(FRAMES.shape) + FRAMES.tobytes())
    assert not np.array_equal(decode(memoryview(plain), "delta.zst", num_frames=3), FRAMES)


def test_an_unknown_codec_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=rf"unknown codec 'zst'; known: {', '.join(ALL)}\. Did you mean 'zstd'"):
        codecs.get("zst")
    with pytest.raises(ValidationError, match="unknown codec 'webp'"):
        ShardSettings(codec="webp")
