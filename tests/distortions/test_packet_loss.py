"""Whatever is lost, the decoder ends, every frame is shown, and a dead decoder is told."""

from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from vqaprep.distortions import Frames, SourceInfo, _ffmpeg, packet_loss
from vqaprep.errors import MediaError

SOURCE = SourceInfo(rate_fps=25, bits_per_pixel=None)


def moving_noise(num_frames: int = 12) -> Frames:
    picture = np.random.default_rng(0).integers(0, 256, (160, 96 + 4 * num_frames, 1), np.uint8)
    frames = [picture[:, 4 * t : 4 * t + 96] for t in range(num_frames)]
    return np.repeat(np.stack(frames), 3, axis=3)


def after_loss(frames: Frames, loss_rate: float, seed: int) -> Frames:
    return packet_loss.packet_loss.apply(frames, loss_rate, np.random.default_rng(seed), SOURCE)


def stand_in(folder: Path, script: str) -> str:
    program = folder / "decoder"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return str(program)


@pytest.mark.parametrize("seed", range(5))
def test_every_frame_is_shown_even_when_almost_all_is_lost(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded_bytes = []
    decode = packet_loss._decode

    def counting(stream: bytes) -> bytes:
        pictures = decode(stream)
        decoded_bytes.append(len(pictures))
        return pictures

    monkeypatch.setattr(packet_loss, "_decode", counting)
    frames = moving_noise()
    assert after_loss(frames, 0.95, seed).shape == frames.shape
    assert decoded_bytes == [12 * 160 * 96 * 3 // 2]


def test_loss_is_local_and_spreads_to_later_frames() -> None:
    frames = np.concatenate([moving_noise(2)] * 10)
    whole, holed = after_loss(frames, 0, seed=1), after_loss(frames, 0.03, seed=1)
    rows_hit = (whole != holed).any(axis=(2, 3)).reshape(20, 10, 16).any(axis=2)
    assert not rows_hit[0].any()
    assert rows_hit.any()
    assert not rows_hit.all()


def test_a_decoder_that_crashes_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    dying = stand_in(tmp_path, "cat > /dev/null; kill -SEGV $$")
    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", lambda: dying)
    with pytest.raises(MediaError, match="crashed: the decoder of a damaged stream: ffmpeg ended with -11"):
        after_loss(moving_noise(), 0.1, seed=0)


def test_a_decoder_that_hangs_is_killed_with_its_children(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    hanging = stand_in(tmp_path, "sleep 600 & wait")
    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", lambda: hanging)
    monkeypatch.setattr(_ffmpeg, "_TIMEOUT_S", 0.1)
    with pytest.raises(MediaError, match="timeout"):
        after_loss(moving_noise(), 0.1, seed=0)
