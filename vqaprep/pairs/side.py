"""One film of a pair, as ffmpeg's filters will read it."""

from dataclasses import dataclass
from pathlib import Path

from vqaprep.errors import InputError, MediaError
from vqaprep.media.container import open_video
from vqaprep.media.probe import probe
from vqaprep.media.reading import Reading
from vqaprep.rows import Video
from vqaprep.storage.folder import is_local

_COMPARED = frozenset(f"yuv{layout}p{depth}" for layout in ("420", "422", "444") for depth in ("", "10le"))
"""Pixel formats that PSNR, SSIM and VMAF take as they are."""


@dataclass(frozen=True)
class Side:
    """A film: its row, and how its pictures are stored.

    `video` has the size that ffmpeg displays without changing the aspect of pixels: turned, but not stretched.
    """

    video: Video
    pixel_format: str
    is_full_range: bool

    @property
    def address(self) -> str:
        """Return the file as ffmpeg reads it; without `file:` a name such as `a:b.mp4` would be a protocol."""
        return f"file:{self.video.uri}"

    @property
    def size_px(self) -> tuple[int, int]:
        """Return width and height."""
        return self.video.width_px, self.video.height_px

    @property
    def compared_format(self) -> str:
        """Return the pixel format in which a pair is compared whose reference this is."""
        plain = self.pixel_format.replace("yuvj", "yuv")
        return plain if plain in _COMPARED else "yuv420p"

    @property
    def peak(self) -> int:
        """Return the largest value of a sample in that format."""
        return 1023 if self.compared_format.endswith("10le") else 255

    @property
    def words(self) -> str:
        """Return the film in words."""
        width_px, height_px = self.size_px
        what = f"{width_px} x {height_px} px, {self.video.rate_fps:.5g} fps, {self.video.num_frames:,} frames"
        return f"{self.video.uri}: {what}, {self.video.codec}, {self.pixel_format}"


def open_side(path: Path, called: str) -> Side:
    """Read the properties of the film at `path`; `called` is its role in the pair, for messages.

    Raises:
        InputError: it is no file on a disk, or no video that can be decoded.
    """
    if not is_local(path):
        raise InputError(f"the {called} {path} is in a store; ffmpeg's filters read files, so copy it to a disk first")
    if not path.is_file():
        raise InputError(f"the {called} {path} {'is a folder' if path.is_dir() else 'does not exist'}; give a video")
    try:
        video = probe(str(path.resolve()), Reading(pixels="stored"))
        with open_video(video.uri, video.stream_index) as (_, stream):
            context = stream.codec_context
            return Side(video, str(context.pix_fmt), int(context.color_range) == _FULL_RANGE)
    except MediaError as error:
        raise InputError(f"the {called} {path} cannot be measured: {error}") from error


_FULL_RANGE = 2  # AVCOL_RANGE_JPEG
