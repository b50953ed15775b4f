"""Open a video file or object for sequential reading, with the decoder's errors turned into reasons."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import av
from av.codec.context import Flags as CodecFlags
from av.container import Flags

from vqaprep.errors import MediaError, memory
from vqaprep.media.formats import OPTIONS, refuse
from vqaprep.media.source_bytes import SourceBytes, open_source
from vqaprep.media.streams import choose

_BUFFER_BYTES = 1 << 18  # fewer calls into Python; a store reads in larger blocks anyway


@contextmanager
def open_video(uri: str, stream_index: int | None = None) -> Iterator[tuple[Any, Any]]:
    """Yield (container, video stream) of a local path or an address of a store, as `open_stream` does."""
    with open_source(uri) as source, open_stream(source, stream_index) as opened:
        yield opened


@contextmanager
def open_stream(source: SourceBytes, stream_index: int | None = None) -> Iterator[tuple[Any, Any]]:
    """Yield (container, video stream) of an open source; `choose` says which stream.

    The decoder gets the open file and no name to act on, so it reads these bytes and nothing else.

    Raises:
        MediaError: `unreadable`, `no_video`, `too_large`, `away` or, from inside the block, `corrupt`.
        StorageError: the store fails; that says nothing of the video.
    """
    source.file.seek(0)
    how: dict[str, Any] = {"io_open": refuse, "buffer_size": _BUFFER_BYTES, "metadata_errors": "replace"}
    try:
        container = av.open(source.file, options=OPTIONS, **how)
    except av.error.ArgumentError as error:
        words = "the format is unknown, damaged, or not read because it may refer to other files or hosts"
        raise MediaError("unreadable", words) from error
    except (av.error.FFmpegError, ValueError) as error:
        if isinstance(error, MemoryError):
            _raise_if_short(error)
            raise MediaError(
                "unreadable", f"its header asks for absurdly much memory, or streams ({_words(error)})"
            ) from error
        raise MediaError("unreadable", _words(error)) from error
    # libavformat would guess presentation times that a file lacks (AVI, ASF): wrongly, where there are B-frames. The
    # decoder gives its frames in the order of display, so decoding times are better (`timeline`).
    container.flags &= ~Flags.gen_pts.value
    try:
        with container:
            stream = choose(container, stream_index)
            memory.check_picture(stream.codec_context.width, stream.codec_context.height)
            # A stream may say another size in each packet, which the decoder then refuses before it asks for memory.
            stream.codec_context.options = {"max_pixels": str(memory.most_px())}
            stream.codec_context.thread_count = 1  # a process works on each core
            # Without it the decoder keeps up to 31 of the columns that the stream crops on the left, to stay aligned.
            stream.codec_context.flags |= CodecFlags.unaligned
            stream.thread_type = "AUTO"
            yield container, stream
    except av.error.FFmpegError as error:
        if isinstance(error, MemoryError):
            _raise_if_short(error)
        raise MediaError("corrupt", _words(error)) from error


def _raise_if_short(error: MemoryError) -> None:
    """Raise what says nothing of the file: the process has no memory left."""
    if memory.is_short():
        raise error


def _words(error: Exception) -> str:
    """Return the decoder's words without the file's name, which may be a person's."""
    return f"{type(error).__name__}: {getattr(error, 'strerror', None) or error}"
