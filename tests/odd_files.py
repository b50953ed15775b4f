"""Small odd files of the kinds that people have, each made in a moment: what `test_truth_of_odd_files` compares."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shutil import copy

from tests import odd_streams
from tests.films import ffmpeg, pictures, with_cover, write_film

CASES = Path(__file__).parent / "cases"
Make = Callable[[Path], object]
SOURCE = "testsrc2=size=96x64:rate=25:duration=1.2"


@dataclass(frozen=True)
class Odd:
    """A file to be made, and what is known of it."""

    make: Make
    fps: float = 25.0
    is_vfr: bool = False
    num_gaps: int = 0
    levels: float = 0.1
    """Most mean difference from ffmpeg's pixels; over 2 only where chroma is filtered otherwise."""
    why: str = ""
    """Why that is more than nothing."""
    stream: str = "0:V:0"


def coded(coder: str, *options: str, source: str = SOURCE) -> Make:
    """Return a maker of a file in which `source` is coded."""
    return lambda path: ffmpeg("-f", "lavfi", "-i", source, "-c:v", coder, *options, str(path))


def copied(first: str, *options: str, before: tuple[str, ...] = (), coder: str = "libx264") -> Make:
    """Return a maker of a file that is coded as `first`, and copied with `options` without decoding."""

    def make(path: Path) -> None:
        made = path.with_name(f"{path.stem}.first.{first}")
        coded(coder, *OPEN_GOP)(made)
        ffmpeg(*before, "-i", str(made), "-c", "copy", *options, str(path))
        made.unlink()

    return make


def timed(times_ms: list[int], *, coder: str = "libx264") -> Make:
    """Return a maker of a file whose frames come at `times_ms`."""
    return lambda path: write_film(path, pictures(len(times_ms)), times_ms=times_ms, coder=coder)


def lost(num_frames: int, fps: float, gone: tuple[int, ...] = (), pause_s: float = 0.0, at: int = 0) -> list[int]:
    """Return times in milliseconds at a constant rate: some frames are lost, and frame `at` comes after a pause."""
    times_s = [n / fps + pause_s * (n >= at) for n in range(num_frames) if n not in gone]
    return [round(1000 * t_s) for t_s in times_s]


def remuxed(make: Make) -> Make:
    """Return a maker of the transport stream of `make`, copied into another container without decoding."""

    def copied_from(path: Path) -> None:
        first = path.with_name(f"{path.stem}.first.ts")
        make(first)
        ffmpeg("-i", str(first), "-c", "copy", str(path))
        first.unlink()

    return copied_from


def two_streams(path: Path) -> None:
    """Make a file of two video streams, of which the smaller and second one is flagged as the default."""
    large, small = SOURCE.replace("96x64", "128x96"), SOURCE
    flags = ("-disposition:v:0", "0", "-disposition:v:1", "default", "-c:v", "libx264")
    ffmpeg("-f", "lavfi", "-i", large, "-f", "lavfi", "-i", small, "-map", "0", "-map", "1", *flags, str(path))


def intra_refresh(path: Path) -> None:
    """Make a file cut out of a stream that has no key pictures but columns of one that move."""
    first = path.with_suffix(".first.ts")
    coded("libx264", "-x264-params", "intra-refresh=1:keyint=15", source=LONG)(first)
    ffmpeg("-ss", "0.4", "-i", str(first), "-c", "copy", str(path))
    first.unlink()


def covered(path: Path) -> None:
    """Make a file with a cover picture, which is a video stream of one frame."""
    first = write_film(path.with_suffix(".first.mp4"), pictures(30))
    with_cover(first, path)
    first.unlink()


MIXED: Make = partial(odd_streams.paff, structure="PFPPFFPFPPFFPFPF")
LATE_FIELDS: Make = partial(odd_streams.paff, structure="F" * 34 + "P" * 10)
WOVEN = ("-vf", "tinterlace=interleave_bottom")
OPEN_GOP = ("-bf", "2", "-x264-params", "open-gop=1:keyint=8:min-keyint=8:scenecut=0")
EARLY = ("-output_ts_offset", "-0.4", "-avoid_negative_ts", "disabled")
CROP = "h264_metadata=crop_left=10:crop_right=4:crop_top=2:crop_bottom=6"
CHROMA = "chroma is filtered otherwise than by the binary"
SOFT = f"{SOURCE},gblur=5"
FIELDS_50 = SOURCE.replace("rate=25", "rate=50")
LONG = SOURCE.replace("duration=1.2", "duration=2")
HIDDEN = ("-auto-alt-ref", "1", "-lag-in-frames", "16", "-b:v", "200k")
FAST_AV1 = ("-preset", "12", "-svtav1-params", "lp=1")
NTSC = SOURCE.replace("rate=25", "rate=30000/1001")

CODECS = {
    "h264.mp4": Odd(coded("libx264")),
    "h264-main.mov": Odd(coded("libx264", *OPEN_GOP)),
    "hevc.mp4": Odd(coded("libx265", "-x265-params", "log-level=none")),
    "vp8.webm": Odd(coded("libvpx")),
    "vp9.webm": Odd(coded("libvpx-vp9")),
    "av1.mkv": Odd(coded("libsvtav1", *FAST_AV1)),
    "mpeg4.avi": Odd(coded("mpeg4", "-bf", "2")),
    "h264.avi": Odd(coded("libx264", "-bf", "2")),
    "msmpeg4.avi": Odd(coded("msmpeg4")),
    "mjpeg.mov": Odd(coded("mjpeg", "-pix_fmt", "yuvj422p")),
    "mpeg1.mpg": Odd(coded("mpeg1video", "-bf", "2")),
    "mpeg2.vob": Odd(coded("mpeg2video", "-bf", "2")),
    "wmv2.asf": Odd(coded("wmv2")),
    "dv.dv": Odd(coded("dvvideo", source="testsrc2=size=720x576:rate=25:duration=0.4")),
    "flv1.flv": Odd(coded("flv")),
    "theora.ogv": Odd(coded("libtheora")),
    "h263.3gp": Odd(coded("h263", source=SOURCE.replace("96x64", "128x96"))),
    "ffv1.mkv": Odd(coded("ffv1")),
    "huffyuv.avi": Odd(coded("huffyuv")),
    "raw.y4m": Odd(coded("rawvideo", "-f", "yuv4mpegpipe")),
    "stream.h264": Odd(coded("libx264")),
    "gif.gif": Odd(coded("gif")),
    "raw-50.h264": Odd(coded("libx264", source=FIELDS_50), fps=50),
    "raw-ntsc.hevc": Odd(coded("libx265", "-x265-params", "log-level=none", source=NTSC), fps=30000 / 1001),
    "raw.m2v": Odd(coded("mpeg2video", "-bf", "2")),
    "raw.obu": Odd(coded("libsvtav1", *FAST_AV1)),
    "av1.mp4": Odd(coded("libsvtav1", *FAST_AV1)),
    "av1.webm": Odd(coded("libsvtav1", *FAST_AV1)),
    "hidden-frames-8.webm": Odd(coded("libvpx", *HIDDEN, source=LONG)),
    "hidden-frames-9.webm": Odd(coded("libvpx-vp9", *HIDDEN, source=LONG)),
    "hidden-frames-9.ivf": Odd(coded("libvpx-vp9", *HIDDEN, source=LONG)),
    "packed.avi": Odd(odd_streams.packed),
}
COLOURS = {
    "10-bit.mp4": Odd(coded("libx264", "-pix_fmt", "yuv420p10", source=SOFT), levels=2, why=CHROMA),
    "10-bit-sharp.mp4": Odd(coded("libx264", "-pix_fmt", "yuv420p10"), levels=6, why=CHROMA),
    "10-bit-444.mkv": Odd(coded("libx265", "-pix_fmt", "yuv444p10", "-x265-params", "log-level=none"), levels=1),
    "prores.mov": Odd(coded("prores_ks"), levels=4, why=CHROMA),
    "full-range.mp4": Odd(coded("libx264", "-vf", "scale=out_range=full", "-color_range", "pc")),
    "bt709.mp4": Odd(coded("libx264", "-vf", "scale=out_color_matrix=bt709", "-colorspace", "bt709")),
    "422.mkv": Odd(coded("libx264", "-pix_fmt", "yuv422p")),
    "444.mkv": Odd(coded("libx264", "-pix_fmt", "yuv444p")),
    "gray.mkv": Odd(coded("libx264", "-pix_fmt", "gray")),
    "alpha.webm": Odd(coded("libvpx-vp9", "-pix_fmt", "yuva420p")),
    "rgba.mov": Odd(coded("png", "-pix_fmt", "rgba")),
}
SHAPES = {
    "rotated-mirrored.mp4": Odd(copied("mp4", before=("-display_rotation", "90", "-display_hflip"))),
    "mirrored.mp4": Odd(copied("mp4", before=("-display_hflip",))),
    "upside-down.mov": Odd(copied("mp4", before=("-display_vflip",))),
    "wide-pixels.mp4": Odd(coded("libx264", "-vf", "setsar=64/45")),
    "narrow-pixels.mkv": Odd(coded("libx264", "-vf", "setsar=8/9")),
    "rotated-wide-pixels.mp4": Odd(
        copied("mp4", "-bsf:v", "h264_metadata=sample_aspect_ratio=4/3", before=("-display_rotation", "90"))
    ),
    "rotated-90.mp4": Odd(copied("mp4", before=("-display_rotation", "90"))),
    "rotated-180.mp4": Odd(copied("mp4", before=("-display_rotation", "180"))),
    "rotated-270.mov": Odd(copied("mp4", before=("-display_rotation", "270"))),
    "odd-size.mp4": Odd(coded("libx264", "-pix_fmt", "yuv420p", source=SOURCE.replace("96x64", "98x66"))),
    "odd-size.mkv": Odd(coded("ffv1", "-pix_fmt", "yuv444p", source=SOURCE.replace("96x64", "97x65"))),
    "odd-chroma.mkv": Odd(coded("ffv1", "-pix_fmt", "yuv420p", source=SOURCE.replace("96x64", "97x65")), levels=2),
    "tiny.mkv": Odd(coded("libx264", source=SOURCE.replace("96x64", "16x16"))),
    "cropped.mp4": Odd(copied("mp4", "-bsf:v", CROP)),
    "cropped-rotated.mov": Odd(copied("mov", "-bsf:v", CROP, before=("-display_rotation", "90"))),
    "resized.webm": Odd(odd_streams.resized, levels=3, why="scaled by another filter than the binary's"),
    "wide.mkv": Odd(coded("libx264", source=SOURCE.replace("96x64", "640x16"))),
}
CONTAINERS = {
    "edit-list.mp4": Odd(copied("mp4", before=("-ss", "0.5"))),
    "edit-list.mov": Odd(copied("mov", before=("-ss", "0.3"))),
    "cut-in-open-gop.ts": Odd(copied("ts", before=("-ss", "0.5"))),
    "cut-in-open-gop.mkv": Odd(copied("mkv", before=("-ss", "0.5"))),
    "late-start.ts": Odd(copied("mp4", "-output_ts_offset", "5")),
    "late-start.mkv": Odd(copied("mp4", "-output_ts_offset", "5")),
    "late-start.mp4": Odd(copied("mp4", "-output_ts_offset", "5")),
    "early-start.mov": Odd(copied("mp4", *EARLY)),
    "negative-start.asf": Odd(copied("mp4", *EARLY)),
    "fragments.mp4": Odd(copied("mp4", "-movflags", "frag_keyframe+empty_moov")),
    "no-duration.webm": Odd(coded("libvpx", "-live", "1")),
    "lost-first-key.h264": Odd(odd_streams.without_first_key, fps=50),
    "part-of-a-presentation.mp4": Odd(odd_streams.part_of_a_presentation),
    "intra-refresh-cut.ts": Odd(intra_refresh),
    "wrapped-33-bit.ts": Odd(copied("mp4", "-output_ts_offset", "95443.2")),
}
FIELDS = {
    "field-pictures.m2ts": Odd(lambda path: copy(CASES / "paff.m2ts", path)),
    "interlaced.mpg": Odd(
        coded("mpeg2video", "-vf", "tinterlace=interleave_top", "-flags", "+ildct+ilme", source=FIELDS_50)
    ),
    "interlaced.mkv": Odd(
        coded("libx264", "-vf", "tinterlace=interleave_top", "-x264-params", "tff=1", source=FIELDS_50)
    ),
    "telecine.mkv": Odd(coded("libx264", "-vf", "telecine"), fps=25 * 5 / 4),
    "fields-and-frames.ts": Odd(MIXED),
    "fields-and-frames.mkv": Odd(remuxed(MIXED)),
    "fields-after-frames.mp4": Odd(remuxed(LATE_FIELDS)),
    "fields-after-frames.h264": Odd(remuxed(LATE_FIELDS)),
    "mbaff.ts": Odd(coded("libx264", *WOVEN, "-x264-params", "bff=1", source=FIELDS_50)),
    "field-pictures.hevc.ts": Odd(
        coded("libx265", "-x265-params", "interlace=tff:log-level=none", source=FIELDS_50), fps=50
    ),
    "pulldown.mpg": Odd(odd_streams.pulled_down, fps=24000 / 1001, is_vfr=True),
    "pulldown.m2v": Odd(odd_streams.pulled_down, fps=24000 / 1001, is_vfr=True),
}
STREAMS = {
    "second-is-default.mkv": Odd(two_streams, stream="0:v:1"),
    "cover.mp4": Odd(covered),
}
CLOCKS = {
    "ntsc.mkv": Odd(coded("libx264", source=NTSC), fps=30000 / 1001),
    "ntsc.mp4": Odd(coded("libx264", source=NTSC), fps=30000 / 1001),
    "1-fps.mp4": Odd(coded("libx264", source="testsrc2=size=96x64:rate=1:duration=12"), fps=1),
    "240-fps.mp4": Odd(coded("libx264", source="testsrc2=size=96x64:rate=240:duration=0.2"), fps=240),
    "pause.mp4": Odd(timed(lost(40, 25, pause_s=20, at=20)), num_gaps=1),
    "pause.webm": Odd(timed(lost(160, 60, pause_s=600, at=20), coder="libvpx"), fps=60, num_gaps=1),
    "lost.mkv": Odd(timed(lost(60, 30, gone=(9, 30, 31, 50))), fps=30, is_vfr=True),
    "lost.webm": Odd(timed(lost(60, 24, gone=(9, 30, 50)), coder="libvpx"), fps=24, is_vfr=True),
    "lost.flv": Odd(timed(lost(60, 60, gone=(9, 30, 50))), fps=60, is_vfr=True),
    "lost-and-pause.mp4": Odd(timed(lost(60, 30, (9, 30, 50), pause_s=3, at=40)), fps=30, is_vfr=True, num_gaps=1),
    "one-lost-of-many.mkv": Odd(timed(lost(150, 25, gone=(70,))), num_gaps=1),
    "pairs.mkv": Odd(timed([40 * (n // 2) for n in range(60)]), is_vfr=True),
    "slides.mkv": Odd(timed([2000 * n for n in range(12)]), fps=0.5),
}
"""A splice is not compared here: after it our times go on, and those of ffmpeg go back (`test_timeline`)."""

ODD_FILES = CODECS | COLOURS | SHAPES | CONTAINERS | FIELDS | STREAMS | CLOCKS
