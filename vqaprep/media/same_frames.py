"""Compare two decoders frame by frame: the second is used for a file only if no frame differs."""

from itertools import zip_longest

import numpy as np

from vqaprep.errors import MediaError
from vqaprep.media.decode import decode
from vqaprep.rows import Decoder, Video


def check_same_frames(video: Video, decoder: Decoder) -> None:
    """Refuse `decoder` for a file unless it gives the frames of PyAV: as many, at the same times, with the same pixels.

    Both decode the whole file. Damaged files are refused, since each decoder hides damage in its own way.

    Raises:
        MediaError: `unsupported`, with the first frame that differs.
    """
    ours = decode(video.uri, scanned=video.having(decoder="pyav"))
    theirs = decode(video.uri, scanned=video.having(decoder=decoder))
    remedy = f"{video.codec} in {video.container}; leave --decoder {decoder} out"
    try:
        for number, (one, other) in enumerate(zip_longest(ours, theirs)):
            if one is None or other is None:
                raise MediaError(
                    "unsupported", f"{decoder} gives {'more' if one is None else 'fewer'} frames ({remedy})"
                )
            if one.is_damaged:
                raise MediaError("unsupported", f"frame {number} is damaged, which {decoder} would hide ({remedy})")
            if one.t_s != other.t_s or not np.array_equal(one.rgb(), other.rgb()):
                raise MediaError("unsupported", f"{decoder} gives another frame {number} than pyav ({remedy})")
    except MediaError as error:
        if error.reason == "unsupported":
            raise
        raise MediaError("unsupported", f"{decoder} does not read the file: {error.detail} ({remedy})") from error
