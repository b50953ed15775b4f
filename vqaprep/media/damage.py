"""Continue decoding after damage, and mark the damaged pictures: a lost packet must not cost the recording."""

from collections.abc import Iterator
from typing import Any

import av

from vqaprep.errors import MediaError, memory

LEAST_SOUND = 0.5
"""Share of the frames that must be sound; below it a video is dropped."""

_MOST_HELD = 8  # B pictures in a row that encoders commonly write; each is shown before one that it is predicted from
_B_PICTURE = 3

Marked = tuple[Any, bool]
"""A picture, and whether damage reaches it."""


def marked(container: Any, stream: Any) -> Iterator[Marked]:
    """Yield all pictures of `stream` in presentation order, the same ones each time, as ffmpeg goes on over damage.

    Damage reaches from a picture that is flagged, or from a packet that gives none, to the next key picture. It also
    reaches the B pictures that are shown just before a damaged one and may be predicted from it; so they are held
    until the next other picture comes.

    Raises:
        FFmpegError: nothing could be decoded.
        MemoryError: there is not enough memory; that says nothing of the video.
    """
    held: list[Marked] = []
    for picture, is_damaged in _reached(container, stream):
        if is_damaged:
            held = [(before, True) for before, _ in held]
        held.append((picture, is_damaged))
        if picture.pict_type != _B_PICTURE or len(held) > _MOST_HELD:
            yield from held
            held = []
    yield from held


def check_share(num_damaged: int, num_frames: int) -> None:
    """Drop a video with too few undamaged frames.

    Raises:
        MediaError: `corrupt`.
    """
    if num_damaged > (1 - LEAST_SOUND) * num_frames:
        detail = f"{num_damaged} of {num_frames} frames are damaged; at least {LEAST_SOUND:.0%} must be sound"
        raise MediaError("corrupt", detail)


def _reached(container: Any, stream: Any) -> Iterator[Marked]:
    lost: av.error.FFmpegError | None = None
    is_damaged, has_any, lost_pts = False, False, None
    for packet in container.demux(stream):
        pictures = []
        try:
            pictures = packet.decode()
        except av.error.FFmpegError as error:
            if isinstance(error, MemoryError) and memory.is_short(_frame_bytes(stream)):
                raise  # the file is sound; without this, frames would be missing that another worker has
            # A key picture that is still on its way out may have been decoded before: it ends no damage.
            lost, is_damaged, lost_pts = error, True, packet.pts
        for picture in pictures:
            is_late = lost_pts is None or picture.pts is None or picture.pts > lost_pts
            if picture.is_corrupt:
                is_damaged = True
            elif picture.key_frame and is_late:
                is_damaged, lost_pts = False, None
            has_any = True
            yield picture, is_damaged
    if lost is not None and not has_any:
        raise lost


def _frame_bytes(stream: Any) -> int:
    return memory.decoding_bytes(stream.codec_context.width, stream.codec_context.height)
