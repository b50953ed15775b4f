"""Files that are no film of their own: they name other files, hosts or devices, or are no film at all.

Each is a function of the folder that holds a film called `private.mp4`, and of a port on loopback that nothing
may speak to. `REFERRING` are refused; `SELF_CONTAINED` look alike, and hold seven frames of their own.
"""

import io
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import av
import cv2

from tests.films import pictures, write_film

Make = Callable[[Path, int], bytes]
"""Bytes of a file, for a folder and a port."""
NUM_OWN = 7
_REFERENCES = (b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref")
_SDP = (
    "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {port} RTP/AVP 96\na=rtpmap:96 H264/90000\n"
)
_MPD = """<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT2S"
 profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period><AdaptationSet mimeType="video/mp4">
<Representation id="0" bandwidth="1000" codecs="avc1.42c00d" width="96" height="64"><BaseURL>{uri}</BaseURL>
<SegmentBase indexRange="0-10"/></Representation></AdaptationSet></Period></MPD>"""
_CPL = """<?xml version="1.0"?><CompositionPlaylist xmlns="http://www.smpte-ra.org/schemas/2067-3/2016">
<Id>urn:uuid:8713c020-2489-45f5-a9f7-87be539e20b5</Id><EditRate>25 1</EditRate></CompositionPlaylist>"""
_SMIL = '<SmoothStreamingMedia MajorVersion="2"><StreamIndex Type="video" Url="{uri}"/></SmoothStreamingMedia>'
_VOBSUB = "# VobSub index file, v7 (do not modify this line!)\nid: en, index: 0\ntimestamp: 00:00:00:000, filepos: 0\n"
_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="96" height="64"><image href="{uri}" width="96" height="64"/></svg>'
)


def text_file(text: str, *, uri: str = "{folder}/private.mp4") -> Make:
    """Return a file of text, with `{uri}`, `{folder}` and `{port}` filled in."""

    def make(folder: Path, port: int) -> bytes:
        where = uri.replace("{folder}", str(folder)).replace("{port}", str(port))
        return text.replace("{uri}", where).replace("{folder}", str(folder)).replace("{port}", str(port)).encode()

    return make


def still(ending: str) -> Make:
    """Return a still picture, which a decoder may take for one of a numbered sequence."""
    return lambda folder, port: cv2.imencode(ending, pictures(1)[0])[1].tobytes()


def _hls(uri: str, *, head: str = "") -> Make:
    lines = f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n{head}#EXTINF:2.0,\n{{uri}}\n#EXT-X-ENDLIST\n"
    return text_file(lines, uri=uri)


def external_track(path_type: int) -> Make:
    """Return a MOV whose track lies in another file: a data reference of type `alis` (QuickTime File Format, dref)."""

    def make(folder: Path, port: int) -> bytes:
        where = str(folder / "private.mp4").encode()
        text = struct.pack(">HH", path_type, len(where)) + where + bytes(len(where) % 2)
        body = bytes(10) + bytes(28) + bytes(12) + bytes([11]) + b"private.mp4".ljust(63, b"\0") + bytes(16)
        body += struct.pack(">hh", 1, 1) + bytes(16) + text + struct.pack(">h", -1)
        entry = struct.pack(">I4sI", 12 + len(body), b"alis", 0) + body
        film = _own(folder, "mov").read_bytes()
        return _in_box(film, _REFERENCES, bytes(4) + struct.pack(">I", 1) + entry)

    return make


def url_track(folder: Path, port: int) -> bytes:
    """Return a MOV whose data reference is an address."""
    where = f"http://127.0.0.1:{port}/private.mp4".encode() + b"\0"
    entry = struct.pack(">I4sI", 12 + len(where), b"url ", 0) + where
    film = _own(folder, "mov").read_bytes()
    return _in_box(film, _REFERENCES, bytes(4) + struct.pack(">I", 1) + entry)


def linked_segment(folder: Path, port: int) -> bytes:
    """Return a Matroska file that says which files come before and after it (RFC 9559, 17)."""
    film = _own(folder, "mkv", live="1").read_bytes()
    at = film.index(b"\x15\x49\xa9\x66")
    width = 9 - film[at + 4].bit_length()
    start, size = at + 4 + width, int.from_bytes(film[at + 4 : at + 4 + width]) & ((1 << 7 * width) - 1)
    names = b"".join(
        element + bytes([0x80 | len(b"private.mp4")]) + b"private.mp4" for element in (b"\x3c\x83\xab", b"\x3e\x83\xbb")
    )
    longer = (size + len(names) | 1 << 56).to_bytes(8)
    return film[: at + 4] + longer + film[start : start + size] + names + film[start + size :]


def with_attachment(name: str, mime: str) -> Make:
    """Return a Matroska file that carries another file."""

    def make(folder: Path, port: int) -> bytes:
        path, shown = folder / ".made.mkv", pictures(NUM_OWN)
        with av.open(str(path), "w") as container:
            stream = container.add_stream("libx264", rate=25)
            stream.width, stream.height, stream.pix_fmt = shown[0].shape[1], shown[0].shape[0], "yuv420p"
            container.add_attachment(name, mime, (folder / "private.mp4").read_bytes())
            for pixels in shown:
                container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels)))
            container.mux(stream.encode(None))
        data = path.read_bytes()
        path.unlink()
        return data

    return make


def with_title(folder: Path, port: int) -> bytes:
    """Return a film whose title is a concat script."""
    path = folder / ".made.mp4"
    write_film(path, pictures(NUM_OWN), title=f"ffconcat version 1.0\nfile '{folder}/private.mp4'")
    data = path.read_bytes()
    path.unlink()
    return data


def animation(folder: Path, port: int) -> bytes:
    """Return a GIF of several pictures."""
    path = folder / ".made.gif"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("gif", rate=10)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "rgb8"
        for pixels in pictures(NUM_OWN):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels).reformat(format="rgb8")))
        container.mux(stream.encode(None))
    data = path.read_bytes()
    path.unlink()
    return data


def archive(folder: Path, port: int) -> bytes:
    """Return a ZIP that holds the film."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zipped:
        zipped.write(folder / "private.mp4", "private.mp4")
    return file.getvalue()


def _own(folder: Path, ending: str, **muxer: str) -> Path:
    path = folder / f".own.{ending}"
    return write_film(path, pictures(NUM_OWN), muxer=muxer)


def _in_box(data: bytes, path: tuple[bytes, ...], content: bytes) -> bytes:
    """Return `data` with other content in the box at `path`; boxes behind it move."""
    at = 0
    while data[at + 4 : at + 8] != path[0]:
        at += struct.unpack(">I", data[at : at + 4])[0]
    size = struct.unpack(">I", data[at : at + 4])[0]
    inner = content if len(path) == 1 else _in_box(data[at + 8 : at + size], path[1:], content)
    return data[:at] + struct.pack(">I", 8 + len(inner)) + path[0] + inner + data[at + size :]


REFERRING: dict[str, Make] = {
    "concat-absolute.mp4": text_file("ffconcat version 1.0\nfile '{uri}'\n"),
    "concat-beside.mp4": text_file("ffconcat version 1.0\nfile 'private.mp4'\n"),
    "concat-stream.ts": text_file("ffconcat version 1.0\nstream\nexact_stream_id 0x1\nfile private.mp4\n"),
    "concat-host.mkv": text_file("ffconcat version 1.0\nfile 'http://127.0.0.1:{port}/a.mp4'\n"),
    "concat-options.avi": text_file("ffconcat version 1.0\nfile '{uri}'\noption protocol_whitelist file,http,tcp\n"),
    "hls-absolute.mp4": _hls("{folder}/private.mp4"),
    "hls-file.ts": _hls("file://{folder}/private.mp4"),
    "hls-beside.m2ts": _hls("private.mp4"),
    "hls-host.mov": _hls("http://127.0.0.1:{port}/a.ts"),
    "hls-key.ts": _hls("private.mp4", head='#EXT-X-KEY:METHOD=AES-128,URI="file:///etc/hostname"\n'),
    "hls-concat.mp4": _hls("concat:{folder}/private.mp4|/etc/hostname"),
    "hls-variants.mp4": text_file("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{uri}\n"),
    "hls.m3u8": _hls("private.mp4"),
    "dash.mp4": text_file(_MPD),
    "dash-host.mkv": text_file(_MPD, uri="http://127.0.0.1:{port}/a.mp4"),
    "dash.mpd": text_file(_MPD),
    "session.mp4": text_file(_SDP),
    "session.sdp": text_file(_SDP),
    "session-file.ts": text_file(_SDP + "a=control:file://{folder}/private.mp4\n"),
    "smooth.mp4": text_file(_SMIL),
    "composition.mxf": text_file(_CPL),
    "captions.mp4": text_file(json.dumps({"captions": [{"duration": 1, "content": "a", "startTime": 0}]})),
    "subtitles.idx": text_file(_VOBSUB),
    "subtitles.mp4": text_file("1\n00:00:00,000 --> 00:00:02,000\n{uri}\n\n"),
    "subtitles.mkv": text_file(
        "[Script Info]\nScriptType: v4.00+\n[Events]\nDialogue: 0,0:00:00.00,0:00:01.00,,,,,,,x\n"),
    "subtitles.webm": text_file("WEBVTT\n\n00:00.000 --> 00:01.000\n{uri}\n"),
    "graph.mp4": text_file("movie='{uri}'"),
    "graph.lavfi": text_file("movie='{uri}'[out0]"),
    "script.avs": text_file('DirectShowSource("{uri}")'),
    "metadata.mp4": text_file(";FFMETADATA1\ntitle={uri}\n"),
    "address.mp4": text_file("http://127.0.0.1:{port}/private.mp4\n"),
    "path.mp4": text_file("{uri}\n"),
    "list.mp4": text_file("[playlist]\nFile1={uri}\nNumberOfEntries=1\n"),
    "redirect.asf": text_file("[Reference]\nRef1=http://127.0.0.1:{port}/private.asf\n"),
    "redirect.mp4": text_file('<asx version="3.0"><entry><ref href="{uri}"/></entry></asx>'),
    "text.ans": text_file("\x1b[31mprivate\x1b[0m" * 200),
    "drawing.mp4": text_file(_SVG),
    "sequence-%d.mp4": still(".jpg"),
    "still.mp4": still(".png"),
    "still.webp": still(".webp"),
    "archive.mp4": archive,
    "track-in-a-file.mov": external_track(2),
}  # fmt: skip

SELF_CONTAINED: dict[str, Make] = {
    "track-on-a-host.mov": url_track,
    "track-in-a-folder.mov": external_track(0),
    "linked-segment.mkv": linked_segment,
    "attached-film.mkv": with_attachment("private.mp4", "video/mp4"),
    "attached-font.mkv": with_attachment("../../private.ttf", "font/ttf"),
    "titled.mp4": with_title,
    "animation.gif": animation,
}
