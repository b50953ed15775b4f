"""Open a video file or object for sequential reading, with the decoder's errors turned into reasons."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import av
from av.stream import Disposition

from vqaprep.errors import MediaError
from vqaprep.storage import StorePath, at

_OPTIONS = {"protocol_whitelist": "file"}  # a playlist posing as a video must not reach other hosts


@contextmanager
def open_video(uri: str) -> Iterator[tuple[Any, Any]]:
    """Yield (container, video stream) of a local path or an address of a store; a cover picture is no video stream.

    Raises:
        MediaError: `unreadable`, `no_video` or, from inside the block, `corrupt`.
        StorageError: the store fails; that says nothing of the video.
    """
    with ExitStack() as opened:
        try:
            path = at(uri)
            handle = opened.enter_context(path.open("rb")) if isinstance(path, StorePath) else None
            container = av.open(handle or str(path), metadata_errors="replace", options={} if handle else _OPTIONS)
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise MediaError("unreadable", _words(error)) from error
        try:
            with container:
                films = (s for s in container.streams.video if not s.disposition & Disposition.attached_pic)
                stream = next(films, None)
                if stream is None:
                    raise MediaError("no_video", f"streams: {[s.type for s in container.streams]}")
                if stream.codec_context is None:
                    raise MediaError("unreadable", "no decoder knows the video stream's codec")
                stream.codec_context.thread_count = 1  # a process works on each core
                stream.thread_type = "AUTO"
                yield container, stream
        except av.error.FFmpegError as error:
            raise MediaError("corrupt", _words(error)) from error


def _words(error: Exception) -> str:
    """Return the decoder's words without the file's name, which may be a person's."""
    return f"{type(error).__name__}: {getattr(error, 'strerror', None) or error}"
