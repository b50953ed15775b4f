"""Write the page on which people rate videos: plain files that open from a disk, without a server or a network."""

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, Literal

from vqaprep.engines import Engine, Failed
from vqaprep.errors import InputError, MediaError
from vqaprep.errors.crashes import contained
from vqaprep.media.decode import decode
from vqaprep.media.film import write_film
from vqaprep.rating.answers import FORMAT
from vqaprep.rating.plan import Stimulus
from vqaprep.rows import Video
from vqaprep.running.progress import Metered, progress
from vqaprep.settings.seeds import rng_for
from vqaprep.storage.durable import durable, private_folder

Method = Literal["acr", "pc"]
CLIPS, INDEX = "clips", "index.html"
_STATIC = Path(__file__).parent / "page"
_PLAYED = {".mp4": ("h264", "av1", "libdav1d"), ".m4v": ("h264",), ".webm": ("vp8", "vp9", "av1", "libdav1d")}
"""Codecs by ending that browsers play."""


@dataclass(frozen=True)
class Clip:
    """One video of a test and the file of the page that shows it, whose name says nothing of the video."""

    video: Video
    target: Path
    is_playable: bool


@dataclass(frozen=True)
class Test:
    """What a page shows: the method, the trials, how long a rater works before a break, and how long gray is shown."""

    title: str
    method: Method
    stimuli: tuple[Stimulus, ...]
    pairs: tuple[tuple[str, str], ...] = ()
    break_s: float = 1200.0
    gray_s: float = 0.5
    seed: int = 0

    @property
    def id(self) -> str:
        """A checksum of what decides the trials: answers to one test are kept apart from those to another."""
        content = (self.method, self.stimuli, self.pairs, self.seed)
        return hashlib.sha256(repr(content).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def clips_of(test: Test, videos: dict[str, Video], folder: Path) -> dict[str, Clip]:
    """Return the clip of each stimulus by name, numbered in an order that is drawn.

    A video that browsers do not play gets a copy that they do, close to lossless.
    """
    names = sorted(one.name for one in test.stimuli)
    order = rng_for(test.seed, "rate", test.id).permutation(len(names))
    clips = {}
    for number, place in enumerate(order, start=1):
        video = videos[names[place]]
        ending = PurePath(video.uri).suffix.lower()
        is_playable = video.codec in _PLAYED.get(ending, ()) and video.orientation == "upright"
        target = folder / CLIPS / f"c{number:04}{ending if is_playable else '.mp4'}"
        clips[names[place]] = Clip(video, target, is_playable)
    return clips


def write_clip(clip: Clip) -> str:
    """Copy the video, or write it as browsers play it; return why that cannot be done, or nothing."""
    try:
        with contained():
            if clip.is_playable:
                with durable(clip.target) as temporary:
                    shutil.copyfile(clip.video.uri, temporary)
            else:
                frames = ((frame.t_s, frame.rgb()) for frame in decode(clip.video.uri, scanned=clip.video))
                write_film(clip.target, frames, rate_fps=clip.video.rate_fps)
    except MediaError as error:
        return f"{error.reason}: {error.detail}"
    return ""


def build(test: Test, clips: dict[str, Clip], folder: Path, *, engine: Engine) -> Path:
    """Write page and clips into `folder`, private to its owner, and return the file to open.

    Raises:
        InputError: a video cannot be shown; raters would meet a hole in the test.
    """
    private_folder(folder / CLIPS)
    names = list(clips)
    with progress("rate", len(names)) as progress_bar:
        for result in Metered(engine, progress_bar).map(write_clip, [clips[name] for name in names]):
            problem = f"{result.reason}: {result.detail}" if isinstance(result, Failed) else result.value
            if problem:
                raise InputError(f"{names[result.index]} cannot be shown ({problem}); leave it out of the test")
            progress_bar.advance()
    _write(folder / "study.js", f"const STUDY = {json.dumps(_study(test, clips))};\n")
    for file in sorted(_STATIC.iterdir()):
        _write(folder / file.name, file.read_text(encoding="utf-8"))
    return folder / INDEX


def _study(test: Test, clips: dict[str, Clip]) -> dict[str, Any]:
    by_name = {one.name: one for one in test.stimuli}

    def trial(*names: str) -> dict[str, Any]:
        sizes = [clips[name].video for name in names]
        return {
            "videos": list(names),
            "clips": [f"{CLIPS}/{clips[name].target.name}" for name in names],
            "reference": by_name[names[0]].reference,
            "width_px": max(video.width_px for video in sizes),
            "height_px": max(video.height_px for video in sizes),
        }

    training = [one.name for one in test.stimuli if one.is_training]
    tested = [one.name for one in test.stimuli if not one.is_training]
    if test.method == "pc":
        practice = [trial(first, second) for first, second in zip(training[::2], training[1::2], strict=False)]
        trials = [trial(*pair) for pair in test.pairs]
    else:
        practice, trials = [trial(name) for name in training], [trial(name) for name in tested]
    return {
        "format": FORMAT, "id": test.id, "title": test.title, "method": test.method, "break_s": test.break_s,
        "gray_s": test.gray_s,
        "training": practice, "test": trials,
    }  # fmt: skip


def _write(path: Path, text: str) -> None:
    with durable(path, mode=0o600) as temporary:
        temporary.write_text(text, encoding="utf-8")
