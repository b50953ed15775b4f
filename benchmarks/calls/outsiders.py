"""Calls as an outsider imagines them: other places of names, other windows around the call, other people in view."""

from collections.abc import Callable
from dataclasses import replace

from benchmarks.calls.films import Call
from benchmarks.calls.outsider_traps import SHOWN, TRAPS
from benchmarks.calls.painted import Pane, Shares
from benchmarks.calls.sketch import APART, BOXED, LEFT, RIGHT, Scenes, Sketch, sketch

GREEN, YELLOW, BLACK, SLATE = (60, 220, 90), (250, 220, 60), (0, 0, 0), (45, 50, 60)


def _grid(columns: int, rows: int, gap: float) -> list[Shares]:
    width, height = (1 - gap * (columns + 1)) / columns, (1 - gap * (rows + 1)) / rows
    return [
        (gap + i * (width + gap), gap + j * (height + gap), width, height) for j in range(rows) for i in range(columns)
    ]


def _pair(places: tuple[Shares, Shares], **style: object) -> Callable[[Sketch], Scenes]:
    def scenes(s: Sketch) -> Scenes:
        mine, theirs = places if s.rng.random() < 0.5 else places[::-1]
        return [(12.0, s.view(s.me(mine), s.other(0, theirs), style=s.style(**style)))]

    return scenes


def _lit(s: Sketch) -> Scenes:
    """The frame around the speaker changes every three seconds."""
    style = s.style(backdrop=BLACK, place="lower left")
    return [
        (
            3.0,
            s.view(
                s.me(APART[0], frame=GREEN if i % 2 == 0 else None),
                s.other(0, APART[1], frame=None if i % 2 == 0 else GREEN),
                style=style,
                background=SLATE,
                frame_px=5,
            ),
        )
        for i in range(4)
    ]


def _many(columns: int, rows: int, people: int, gap: float, **style: object) -> Callable[[Sketch], Scenes]:
    def scenes(s: Sketch) -> Scenes:
        places = _grid(columns, rows, gap)[:people]
        mine = int(s.rng.integers(people))
        rest = iter(range(people))
        panes = [s.me(place) if i == mine else s.other(next(rest), place) for i, place in enumerate(places)]
        return [(12.0, s.view(*panes, style=s.style(**style), background=(24, 24, 24)))]

    return scenes


def _portrait(s: Sketch) -> Scenes:
    style = s.style(backdrop=BLACK)
    return [(12.0, s.view(s.me(BOXED[0], is_portrait=True), s.other(0, BOXED[1]), style=style))]


def _room(s: Sketch) -> Scenes:
    whole, inset = (0.0, 0.0, 1.0, 1.0), (0.72, 0.7, 0.26, 0.26)
    style = s.style(place="lower left", backdrop=BLACK)
    return [(12.0, s.view(s.me(whole), s.other(0, inset), style=style, clock=(0.02, 0.06)))]


def _stacked_clock(s: Sketch) -> Scenes:
    panes = s.other(0, (0.2, 0.1, 0.6, 0.44)), s.me((0.2, 0.55, 0.6, 0.44))
    return [(12.0, s.view(*panes, style=s.style(backdrop=(20, 20, 90)), clock=(0.4, 0.06)))]


def _off_camera(s: Sketch) -> Scenes:
    return [(12.0, s.view(s.me((0.0, 0.0, 1.0, 1.0)), style=s.style(backdrop=BLACK, place="lower left")))]


def _avatar(s: Sketch) -> Scenes:
    return [
        (
            12.0,
            s.view(Pane(APART[0], None, s.staff[0]), s.me(APART[1]), style=s.style(), background=SLATE, radius_px=10),
        )
    ]


def _window(s: Sketch) -> Scenes:
    panes = s.other(0, (0.06, 0.2, 0.44, 0.6)), s.me((0.5, 0.2, 0.44, 0.6))
    return [(12.0, s.view(*panes, style=s.style(backdrop=BLACK), has_desktop=True))]


def _window_speaker(s: Sketch) -> Scenes:
    large, small = (0.06, 0.1, 0.88, 0.83), (0.76, 0.13, 0.17, 0.17)
    style = s.style(backdrop=BLACK)
    return [
        (6.0, s.view(s.me(large), s.other(0, small), style=style, has_desktop=True)),
        (6.0, s.view(s.other(0, large), s.me(small), style=style, has_desktop=True)),
    ]


def _speaker(s: Sketch) -> Scenes:
    large, small = (0.0, 0.0, 1.0, 1.0), (0.76, 0.74, 0.22, 0.22)
    style = s.style(place="upper left", backdrop=BLACK)
    return [
        (4.0, s.view(s.other(0, large), s.me(small), style=style)),
        (5.0, s.view(s.me(large), s.other(0, small), style=style)),
        (4.0, s.view(s.other(0, large), s.me(small), style=style)),
    ]


def _document_strip(s: Sketch) -> Scenes:
    strip = [(0.79, 0.05 + 0.24 * i, 0.2, 0.22) for i in range(3)]
    page = Pane((0.0, 0.0, 0.78, 1.0), "document")
    people = s.other(0, strip[0]), s.me(strip[1]), s.other(1, strip[2])
    return [(12.0, s.view(page, *people, style=s.style(), background=(30, 30, 30)))]


def _document_comes(s: Sketch) -> Scenes:
    strip = [(0.25 + 0.25 * i, 0.01, 0.25, 0.22) for i in range(2)]
    page = Pane((0.1, 0.24, 0.8, 0.75), "document")
    style = s.style(backdrop=BLACK)
    return [
        (5.0, s.view(s.me(BOXED[0]), s.other(0, BOXED[1]), style=style)),
        (7.0, s.view(page, s.me(strip[0]), s.other(0, strip[1]), style=style)),
    ]


def _goes_off(s: Sketch) -> Scenes:
    style = s.style(backdrop=BLACK, place="lower left")
    on = s.view(s.me(BOXED[0]), s.other(0, BOXED[1]), style=style)
    off = replace(on, panes=(replace(on.panes[0], who=None), on.panes[1]))
    return [(5.0, on), (3.0, off), (5.0, on)]


USABLE: dict[str, Callable[[Sketch], Scenes]] = {
    "touching, bare names": _pair(BOXED),
    "halves, pills": _pair((LEFT, RIGHT), backdrop=BLACK),
    "names in the middle": _pair(APART, place="lower middle", backdrop=SLATE),
    "names upper left": _pair(BOXED, place="upper left", backdrop=BLACK),
    "names lower right": _pair(APART, place="lower right", backdrop=BLACK),
    "names under the tile": _pair(APART, place="below"),
    "bars": _pair(BOXED, place="bar", backdrop=(30, 70, 110)),
    "lit frames": _lit,
    "three": _many(3, 1, 3, 0.02, backdrop=BLACK),
    "five": _many(3, 2, 5, 0.01),
    "six": _many(3, 2, 6, 0.0, backdrop=BLACK),
    "portrait": _portrait,
    "room with a clock": _room,
    "stacked with a clock": _stacked_clock,
    "interviewer off camera": _off_camera,
    "avatar beside": _avatar,
    "window": _window,
    "window, speaker": _window_speaker,
    "speaker": _speaker,
    "document and strip": _document_strip,
    "document comes": _document_comes,
    "camera goes off": _goes_off,
}


def outsiders(series: str, *, copies: int, letters: float = 1.0) -> tuple[Call, ...]:
    """Return `copies` of each usable kind and one of each trap; another `series` draws all else anew.

    `letters` is the size of the names over the usual one.
    """
    usable = [_call(series, kind, copy, USABLE[kind], letters) for copy in range(copies) for kind in USABLE]
    traps = [_call(series, kind, 0, TRAPS[kind], letters, is_trap=True) for kind in TRAPS]
    return (*usable, *traps)


def _call(
    series: str, kind: str, copy: int, scenes: Callable[[Sketch], Scenes], letters: float, *, is_trap: bool = False
) -> Call:
    drawn = sketch(series, kind, copy, letters)
    name = f"trap: {kind}" if is_trap else f"{kind} {copy}"
    shown = drawn.people[0] if not is_trap or kind in SHOWN else "nobody"
    return Call(name, tuple(scenes(drawn)), shown, drawn.name, drawn.size_px, drawn.crf, is_trap)
