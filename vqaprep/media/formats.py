"""The allowed container formats: those that hold their own frames and refer to no other file.

libavformat also reads playlists, concat scripts, image sequences, session descriptions, devices and filter graphs.
Such a file names other files or hosts, so its author decides what this machine opens. An allow-list stays safe when a
new version of the library adds a format.
"""

from vqaprep.errors import MediaError

ALLOWED = (
    # recordings and what is exchanged
    "mov", "mp4", "m4a", "3gp", "3g2", "mj2", "matroska", "webm", "avi", "asf", "asf_o", "flv", "live_flv", "kux",
    "mpeg", "mpegts", "mpegvideo", "ogg", "mxf", "gxf", "dv", "wtv", "ty", "nut", "nuv", "nsv", "rm", "ivr", "ivf",
    "lxf", "pva", "vividas", "vivo", "dhav", "lmlm4", "r3d", "cine", "ser", "xmv", "swf", "amv", "moflex", "ifv",
    "mtv", "mv", "bink", "smk", "roq", "rpl", "film_cpk", "flic", "thp",
    # streams of one codec without a container
    "h261", "h263", "h264", "hevc", "vvc", "evc", "m4v", "av1", "obu", "vc1", "vc1test", "cavsvideo", "avs2", "avs3",
    "dirac", "dnxhd", "mjpeg", "mjpeg_2000", "mpjpeg", "yuv4mpegpipe", "apv",
    # animations in one file
    "gif", "apng", "jpegxl_anim", "webp",
)  # fmt: skip
"""Short names of libavformat's demuxers."""

OPTIONS = {
    "format_whitelist": ",".join(ALLOWED),
    # What is read comes from a file that is open already, so no protocol is ever right.
    "protocol_whitelist": "none",
    # These are the defaults of the MOV demuxer. They let a track lie in another file, so they are said here.
    "enable_drefs": "0",
    "use_absolute_path": "0",
}
"""Options of `av.open` that keep a container from opening anything else."""


def refuse(address: str, flags: int, options: dict[str, str]) -> object:
    """Refuse to open what a container refers to; `io_open` of `av.open`.

    Raises:
        MediaError: `unreadable`.
    """
    raise MediaError("unreadable", "the file refers to another file or address, which is not opened")
