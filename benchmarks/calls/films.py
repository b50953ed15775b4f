"""Which calls are composed: usable ones, and traps in which the participant cannot be known or is not there."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks.calls.casts import Cast, cast_of
from benchmarks.calls.clients import seat
from benchmarks.calls.screen import Screen, Text, Tile
from vqaprep.settings.seeds import rng_for

_CANVASES = ((1280, 720), (1366, 768), (1440, 810), (1600, 900))
_SIZES = ((640, 360), (854, 480), (960, 540), (1280, 720), (1280, 720), (1920, 1080))


@dataclass(frozen=True)
class Call:
    """A film to compose: screens with their seconds, how it is stored, who is asked for; a trap has nobody to take."""

    name: str
    scenes: tuple[tuple[float, Any], ...]
    participant: str
    asked: str
    size_px: tuple[int, int]
    crf: int
    is_trap: bool = False

    @property
    def duration_s(self) -> float:
        """Length of all scenes."""
        return sum(seconds for seconds, _ in self.scenes)


def calls(series: str, *, copies: int, letters: float = 1.0) -> tuple[Call, ...]:
    """Return `copies` of each usable kind and one of each trap; another `series` draws all else anew.

    `letters` is the size of the names over the usual one.
    """
    usable = [_usable(series, kind, copy) for copy in range(copies) for kind in _PATTERNS]
    return tuple(_lettered(call, letters) for call in (*usable, *(_trap(series, kind) for kind in _TRAPS)))


def _lettered(call: Call, letters: float) -> Call:
    scenes = ((s, replace(screen, letter_px=max(4, round(letters * screen.letter_px)))) for s, screen in call.scenes)
    return replace(call, scenes=tuple(scenes))


@dataclass(frozen=True)
class _Draw:
    """What chance decides of one film."""

    cast: Cast
    people: tuple[str, ...]
    name: str
    staff: tuple[str, ...]
    canvas: tuple[int, int]
    size_px: tuple[int, int]
    crf: int
    font: str
    letter_px: int
    rng: np.random.Generator

    def me(self, **more: object) -> Tile:
        return seat(self.people[0], self.name, shift_s=1.0, is_muted=bool(self.rng.random() < 0.3), **more)

    def other(self, number: int = 0, **more: object) -> Tile:
        zoom = float(self.rng.uniform(1.0, 1.3))
        return seat(self.people[1 + number], self.staff[number], zoom=zoom, is_muted=number > 0, **more)

    def screen(self, client: str, seats: list[Tile], speaking: int = -1) -> Screen:
        made = self.cast.clients[client](self.canvas, seats, speaking)
        return replace(made, font=self.font, letter_px=self.letter_px)


def _draw(series: str, kind: str, copy: int) -> _Draw:
    rng = rng_for(0, series, kind, copy)
    canvas = _CANVASES[rng.integers(len(_CANVASES))]
    size = _SIZES[rng.integers(len(_SIZES))]
    cast = cast_of(series, kind, copy)
    letter = max(10.0, float(rng.uniform(0.019, 0.027)) * size[1])
    return _Draw(
        cast,
        tuple(rng.permutation(list(cast.people))),
        str(rng.choice(list(cast.names))),
        tuple(str(s) for s in rng.permutation(cast.staff)),
        canvas, size, int(rng.integers(21, 31)), str(rng.choice(cast.fonts)), round(letter * canvas[1] / size[1]), rng,
    )  # fmt: skip


def _usable(series: str, kind: str, copy: int) -> Call:
    draw = _draw(series, kind, copy)
    scenes = tuple(_PATTERNS[kind](draw))
    asked = draw.cast.names[draw.name]
    return Call(f"{kind} {copy}", scenes, draw.people[0], asked, draw.size_px, draw.crf)


Scenes = list[tuple[float, Screen]]


def _two(client: str) -> Callable[[_Draw], Scenes]:
    """Two people; whose border is lit changes."""

    def scenes(d: _Draw) -> Scenes:
        seats = [d.me(), d.other()] if d.rng.random() < 0.5 else [d.other(), d.me()]
        return [(5.0, d.screen(client, seats, 0)), (4.0, d.screen(client, seats, 1)), (6.0, d.screen(client, seats, 0))]

    return scenes


def _three(client: str) -> Callable[[_Draw], Scenes]:
    def scenes(d: _Draw) -> Scenes:
        seats = [d.other(), d.me(), d.other(1)]
        return [(7.0, d.screen(client, seats, 0)), (8.0, d.screen(client, seats, 1))]

    return scenes


def _four_one_off(d: _Draw) -> Scenes:
    seats = [d.other(), d.me(), seat(None, d.staff[2]), d.other(1)]
    return [(14.0, d.screen("zoom gallery", seats, 1))]


def _switching(client: str) -> Callable[[_Draw], Scenes]:
    """Who speaks is large, the other small; the participant is followed into the large tile and back."""

    def scenes(d: _Draw) -> Scenes:
        me, other = d.me(), d.other()
        return [
            (5.0, d.screen(client, [other, me])),
            (6.0, d.screen(client, [me, other])),
            (4.0, d.screen(client, [other, me])),
        ]

    return scenes


def _sharing(d: _Draw) -> Scenes:
    seats = [d.me(), d.other()]
    return [(5.0, d.screen("zoom gallery", seats, 0)), (9.0, d.screen("zoom share", seats, 1))]


def _camera_off(client: str) -> Callable[[_Draw], Scenes]:
    """The participant's camera is off for a while."""

    def scenes(d: _Draw) -> Scenes:
        me, other = d.me(), d.other()
        off = replace(me, who=None)
        return [
            (6.0, d.screen(client, [me, other])),
            (4.0, d.screen(client, [off, other])),
            (5.0, d.screen(client, [me, other])),
        ]

    return scenes


def _other_off(client: str) -> Callable[[_Draw], Scenes]:
    def scenes(d: _Draw) -> Scenes:
        return [(12.0, d.screen(client, [replace(d.other(), who=None), d.me()], 1))]

    return scenes


def _joins(d: _Draw) -> Scenes:
    me, other = d.me(), d.other()
    return [(5.0, d.screen("zoom gallery", [other])), (9.0, d.screen("zoom gallery", [other, me], 1))]


_PATTERNS: dict[str, Callable[[_Draw], Scenes]] = {
    "zoom two": _two("zoom gallery"),
    "zoom three": _three("zoom gallery"),
    "zoom four, one off": _four_one_off,
    "zoom speaker": _switching("zoom speaker"),
    "zoom thumbnail": _switching("zoom thumbnail"),
    "zoom share": _sharing,
    "zoom joins": _joins,
    "zoom camera off": _camera_off("zoom gallery"),
    "teams two": _two("teams"),
    "teams three": _three("teams"),
    "teams other off": _other_off("teams"),
    "meet two": _two("meet"),
    "meet four": lambda d: [(12.0, d.screen("meet", [d.other(), d.other(1), d.me(), d.other(2)], 2))],
    "meet strip": _switching("meet strip"),
    "webex two": _two("webex"),
    "room": lambda d: [(14.0, d.screen("room", [d.me(), d.other()]))],
    "meet camera off": _camera_off("meet"),
}


def _trap(series: str, kind: str) -> Call:
    draw = _draw(series, f"trap {kind}", 0)
    scenes = tuple(_TRAPS[kind](draw))
    asked = draw.cast.names[draw.name]
    shown = draw.people[0] if kind in _SHOWN else "nobody"
    return Call(f"trap: {kind}", scenes, shown, asked, draw.size_px, draw.crf, is_trap=True)


def _client(d: _Draw) -> str:
    return str(d.rng.choice(["zoom gallery", "teams", "meet", "webex"]))


def _constant(seats: Callable[[_Draw], list[Tile]], client: str | None = None) -> Callable[[_Draw], Scenes]:
    return lambda d: [(12.0, d.screen(client or _client(d), seats(d), int(d.rng.integers(0, 2))))]


def _swapped_under_captions(d: _Draw) -> Scenes:
    client = _client(d)
    left, right = d.me(), d.other()
    swapped = [replace(left, who=right.who), replace(right, who=left.who)]
    return [(7.0, d.screen(client, [left, right], 0)), (7.0, d.screen(client, swapped, 0))]


def _in_a_list(d: _Draw) -> Scenes:
    """The participant is only in the list of people beside the interviewer's tile."""
    made = d.screen("zoom gallery", [d.other()])
    w, h = made.size_px
    tile = replace(made.tiles[0], rect=(0, 0, round(w * 0.74), h))
    size = round(h * 0.024)
    lines = ["Participants (2)", f"{d.staff[0]} (Host)", d.name]
    texts = tuple(Text((round(w * 0.77), 40 + 3 * size * i), line, size) for i, line in enumerate(lines))
    return [(12.0, replace(made, tiles=(tile,), texts=texts))]


def _status(d: _Draw) -> Scenes:
    """A line says that the participant, who is not shown, talks."""
    made = d.screen("zoom thumbnail", [d.other(), d.other(1)])
    size = round(made.size_px[1] * 0.026)
    text = Text((round(made.size_px[0] * 0.4), 10), f"Talking: {d.name}", size, backdrop="#202020")
    return [(12.0, replace(made, texts=(text,)))]


def _named_on_slide(d: _Draw) -> Scenes:
    made = d.screen("zoom share", [d.other(), d.other(1)])
    slide = replace(made.tiles[0], label=f"{d.name}|Visit 2|Next steps")
    return [(12.0, replace(made, tiles=(slide, *made.tiles[1:])))]


def _two_in_a_tile(d: _Draw) -> Scenes:
    """Two people sit before the camera that carries the participant's name."""
    return [(12.0, d.screen(_client(d), [replace(d.me(), who="pair"), d.other()], 0))]


_TRAPS: dict[str, Callable[[_Draw], Scenes]] = {
    "no names": _constant(lambda d: [replace(d.me(), label=None), replace(d.other(), label=None)]),
    "another is named": _constant(lambda d: [replace(d.me(), label="Otto Braun"), d.other()]),
    "both have the name": _constant(lambda d: [d.me(), replace(d.other(), label=d.name)]),
    "camera off": _constant(lambda d: [replace(d.me(), who=None), d.other()]),
    "camera off, second": _constant(lambda d: [d.other(), replace(d.me(), who=None)]),
    "camera off, stacked": _constant(lambda d: [replace(d.me(), who=None), d.other()], "room"),
    "camera off in a thumbnail": _constant(lambda d: [d.other(), replace(d.me(), who=None)], "zoom thumbnail"),
    "camera off, large": _constant(lambda d: [replace(d.me(), who=None), d.other()], "zoom speaker"),
    "swapped under captions": _swapped_under_captions,
    "in a list": _in_a_list,
    "talks, not shown": _status,
    "named on a slide": _named_on_slide,
    "name on clothes": _constant(lambda d: [replace(d.other(), clothes=d.name), d.other(1)]),
    "two in the tile": _two_in_a_tile,
    "another number": _constant(lambda d: [replace(d.me(), label="Participant 21"), d.other()]),
    "photo of a face": _constant(lambda d: [replace(d.me(), who="photo:fr_obama.jpg"), d.other()]),
}
_SHOWN = {"no names", "another is named", "both have the name", "swapped under captions"}
