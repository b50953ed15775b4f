"""File endings that a folder is searched for. A file with another ending can be named by itself."""

_CONTAINERS = """
    3g2 3gp 3gp2 3gpp amv apng asf avi bik cine dav divx dv dif dvr-ms evo f4v film flc fli flv gif gxf h261 h263 h264
    264 avc h26l h265 265 hevc h266 266 vvc avs2 avs3 av1 obu evc drc dnxhd ifv ismv ivf ivr k3g kux lxf m1v m2v mp2v
    mpv m4v mp4 mp4v mpg4 hdmov mj2 mjpeg mjpg mk3d mkv webm mov qt psp moflex mpe mpeg mpg mpeg1 mpeg2 mp2ts m2p
    m2t m2ts mts ts tp trp tts vob vro mtv mxf nsv nut nuv ogg ogm ogv pva r3d rcv rm rmvb roq rpl ser skm smk swf
    thp ty ty+ vc1 viv vivo wm wmv wtv xmv xvid y4m apv
"""
_CAMERAS = "360 insv lrv mod tod"
"""GoPro (360: spherical, lrv: small copies), Insta360 (insv), camcorders of JVC, Panasonic and Canon (mod, tod)."""

SUFFIXES = frozenset(f".{name}" for name in f"{_CONTAINERS} {_CAMERAS}".split())
OTHERS = frozenset(
    {".avif", ".heic", ".heif", ".j2k", ".jxl", ".mpo"}  # photographs
    | {".isma", ".m4a", ".m4b", ".mka", ".mks"}  # sound or subtitles alone
    | {".avs", ".ism"}  # scripts and lists far more often than video
)
"""Endings that demuxers of video name, too, but that seldom belong to one."""
