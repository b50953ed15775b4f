"""Films to measure on: the real footage of `vqaprep samples` where it is, made ones otherwise."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from benchmarks.figures import ffmpeg
from vqaprep.errors import MediaError
from vqaprep.media.look import Look, look
from vqaprep.media.probe import probe
from vqaprep.packages.cache import cache_dir
from vqaprep.rows import Clip, TrackPoint, Video, as_clip

INTERVIEWS = ("faces/multispeaker.mp4", "faces/fi_protagonist.mp4")  # a key frame every 2 s, and every 6 s
FACE_PX = 240
NUM_FRAMES = 16
SMALL_PX = 640 * 480
PLAIN = [("none", 0)]
SIX = [*PLAIN, ("gaussian_blur", 2), ("contrast", 2), ("h264", 2), ("motion_blur", 2), ("gaussian_noise", 2)]


def interviews(folder: Path, *, seconds: int = 12) -> list[Video]:
    """Return 720p films: the starts of two filmed talks, or moving texture that costs about as much to decode."""
    found = [path for name in INTERVIEWS if (path := cache_dir() / "samples" / name).is_file()]
    targets = [folder / path.name for path in found] or [folder / "made.mp4"]
    for path, target in zip(found, targets, strict=False):
        ffmpeg("-i", str(path), "-t", str(seconds), "-an", "-c", "copy", str(target))
    if not found:
        texture = f"testsrc2=size=1280x720:rate=25:duration={seconds}"
        coder = ["-c:v", "libx264", "-crf", "23", "-preset", "fast", "-pix_fmt", "yuv420p"]
        ffmpeg("-f", "lavfi", "-i", texture, "-vf", "noise=alls=3:allf=t", *coder, str(targets[0]))
    return [probe(str(target)) for target in targets]


def shorts(folder: Path, *, seconds: float = 2.0, limit: int = 100, most_px: int = SMALL_PX) -> list[Path]:
    """Write the first seconds of every sample film of at most `most_px`, codec and container as they are.

    Without samples, those of made films. What is proved of a film does not depend on its size; the time does.
    """
    real = cache_dir() / "samples"
    found = sorted(path for path in real.rglob("*") if path.is_file() and path.suffix != ".jpg")
    made: list[Path] = []
    for path in found:
        short = folder / path.name
        ffmpeg("-i", str(path), "-t", str(seconds), "-an", "-c", "copy", str(short))
        if _is_film(short, most_px=most_px):
            made.append(short)
        else:
            short.unlink()
        if len(made) == limit:
            break
    return made or [_made(folder / f"made{i}.mp4", seed=i, seconds=seconds) for i in range(min(4, limit))]


def of_every_container(folder: Path, *, seconds: float = 1.0) -> list[Path]:
    """Write a made film in each of the containers and codecs that the samples lack."""
    h264, mpeg2, vp9 = "libx264", "mpeg2video", "libvpx-vp9"
    coders = {"h264.mkv": h264, "h264.ts": h264, "h264.flv": h264, "hevc.mkv": "libx265", "mpeg2.ts": mpeg2,
              "vp8.webm": "libvpx", "vp9.webm": vp9, "mjpeg.avi": "mjpeg"}  # fmt: skip
    return [_made(folder / name, seed=i, seconds=seconds, coder=c) for i, (name, c) in enumerate(coders.items())]


def clips_of(video: Video, variants: Sequence[tuple[str, int]], *, step: int = NUM_FRAMES) -> list[Clip]:
    """Return clips of 16 frames, `step` frames apart, in every variant, with a face that crosses the picture.

    Their times are those of the frames. A clip that a gap or a cut divides is left out, as `speed` leaves it out.
    """
    seen = _look(video.uri)
    side = min(float(FACE_PX), video.width_px / 2, video.height_px / 2)
    ends = [(video.start_s, 0.3 * video.width_px), (video.start_s + video.duration_s, 0.4 * video.width_px)]
    track = tuple(TrackPoint(t_s, x, 0.25 * video.height_px, side, side, 1.0) for t_s, x in ends)
    return [
        as_clip(
            video.having(distortion=distortion, level=level, crop_track=track),
            clip_id=f"{video.video_id}-{start:05d}-{distortion}", scene_id=f"{video.video_id}-{start:05d}",
            frames=tuple(range(start, start + NUM_FRAMES)), ticks=tuple(range(start, start + NUM_FRAMES)),
            times_s=tuple(seen.times_s[start : start + NUM_FRAMES].tolist()),
        )
        for start in range(0, seen.num_frames - NUM_FRAMES + 1, step)
        if not seen.breaks[start + 1 : start + NUM_FRAMES].any()
        for distortion, level in variants
    ]  # fmt: skip


@cache
def _look(uri: str) -> Look:
    return look(probe(uri))


def _is_film(path: Path, *, most_px: int) -> bool:
    try:
        film = probe(str(path))
    except MediaError:
        return False  # a format that cannot be cut without coding anew
    return film.width_px * film.height_px <= most_px


def _made(path: Path, *, seed: int, seconds: float, coder: str = "libx264") -> Path:
    texture = f"testsrc2=size=320x240:rate=25:duration={seconds}"
    noise = f"noise=alls={4 + seed}:allf=t:all_seed={seed}"
    ffmpeg("-f", "lavfi", "-i", texture, "-vf", noise, "-c:v", coder, "-pix_fmt", "yuv420p", str(path))
    return path
