"""Five small films with what detectors would have seen: three are dropped, one is wrong and one is right."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.cached_sightings import remember
from tests.films import picture, write_film
from tests.made import BLUE, RED
from vqaprep.detect.sightings import Caption, Face, Sightings
from vqaprep.rows import Box

LEFT, RIGHT = Box(4, 8, 30, 30), Box(56, 12, 26, 26)
TIMES_S = tuple(0.4 * i for i in range(6))
CROP = ("--subject", "Maria Silva", "--rule", "left", "--min-face-px", 8, "--margin", 0, "--workers", 1)
FILMS: dict[str, tuple[str, ...]] = {
    "two misread.mp4": ("Nobody", "Else"),  # names are read, none is the participant's
    "one misread.mp4": ("Other", ""),
    "nobody seen.mp4": (),
    "wrong by rule.mp4": ("", ""),  # nothing is read, so the rule takes the person at the left
    "right.mp4": ("Interviewer", "Maria Silva"),
}


def see(film: Path, captions: Sequence[str], *, is_empty: bool = False) -> None:
    """Let a larger face at the left and another at the right be seen over `captions`."""
    faces, texts = list[Face](), list[Caption]()
    for t_s in TIMES_S:
        at = t_s, round(25 * t_s)
        faces += [Face(*at, box, 0.99, (), looks) for box, looks in ((LEFT, RED), (RIGHT, BLUE))]
        places = zip(captions, (LEFT, RIGHT), strict=False)
        texts += [Caption(*at, text, 0.9, Box(face.x_px, 50, face.w_px, 8)) for text, face in places if text]
    remember(film, Sightings(() if is_empty else tuple(faces), tuple(texts), TIMES_S, TIMES_S))


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with films, and with the cache where what was seen of them lies."""
    place = tmp_path_factory.mktemp("study")
    (place / "films").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VQAPREP_CACHE", str(place / "cache"))
        for number, (name, captions) in enumerate(FILMS.items()):
            film = write_film(place / "films" / name, [picture(i, shade=80 + 10 * number) for i in range(60)])
            see(film, captions, is_empty=not captions)
    return place
