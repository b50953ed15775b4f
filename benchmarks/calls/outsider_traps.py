"""Calls as an outsider imagines them in which the participant cannot be known, or is not there."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from benchmarks.calls.painted import Pane
from benchmarks.calls.sketch import APART, BOXED, LEFT, RIGHT, Scenes, Sketch

BLACK = (0, 0, 0)


def _trap_pair(change: Callable[[Sketch, Pane, Pane], Sequence[Pane]], **more: object) -> Callable[[Sketch], Scenes]:
    def scenes(s: Sketch) -> Scenes:
        places = [BOXED, APART, (LEFT, RIGHT)][int(s.rng.integers(3))]
        panes = change(s, s.me(places[0]), s.other(0, places[1]))
        return [(10.0, s.view(*panes, style=s.style(backdrop=BLACK), **more))]

    return scenes


def _swapped(s: Sketch) -> Scenes:
    mine, theirs = s.me(BOXED[0]), s.other(0, BOXED[1])
    style = s.style(backdrop=BLACK)
    turned = replace(mine, who=theirs.who), replace(theirs, who=mine.who)
    return [(6.0, s.view(mine, theirs, style=style)), (6.0, s.view(*turned, style=style))]


def _off_over_large(s: Sketch) -> Scenes:
    large, small = s.other(0, (0.0, 0.0, 1.0, 1.0)), s.me((0.76, 0.74, 0.22, 0.22))
    return [(10.0, s.view(large, replace(small, who=None)))]


TRAPS: dict[str, Callable[[Sketch], Scenes]] = {
    "nobody is named": _trap_pair(lambda s, a, b: (replace(a, name=None), replace(b, name=None))),
    "only the other is named": _trap_pair(lambda s, a, b: (replace(a, name=None), b)),
    "avatar carries the name": _trap_pair(lambda s, a, b: (replace(a, who=None), b)),
    "avatar alone is named": _trap_pair(lambda s, a, b: (replace(a, who=None), replace(b, name=None))),
    "poster carries the name": _trap_pair(lambda s, a, b: (replace(a, who="poster"), b)),
    "pair carries the name": _trap_pair(lambda s, a, b: (replace(a, who="pair"), b)),
    "names swap": _swapped,
    "name in the title": lambda s: [
        (
            10.0,
            s.view(
                s.other(0, (0.06, 0.1, 0.88, 0.83)),
                has_desktop=True,
                writing=((0.3, 0.08, s.name),),
                writing_ink=(20, 20, 20),
            ),
        )
    ],
    "name in the document": lambda s: [
        (
            10.0,
            s.view(Pane((0.0, 0.0, 0.78, 1.0), "document", f"{s.name}|Visit two"), s.other(0, (0.79, 0.05, 0.2, 0.22))),
        )
    ],
    "document, no strip name": lambda s: [
        (
            10.0,
            s.view(
                Pane((0.0, 0.0, 0.78, 1.0), "document", f"Notes|{s.name}|Agenda"),
                s.other(0, (0.79, 0.05, 0.2, 0.22), name=None),
                s.other(1, (0.79, 0.3, 0.2, 0.22), name=None),
            ),
        )
    ],
    "avatar over a large face": _off_over_large,
    "chat names them": lambda s: [
        (
            10.0,
            s.view(
                s.other(0, (0.0, 0.0, 0.7, 1.0)),
                background=(240, 240, 240),
                writing_ink=(20, 20, 20),
                writing=(
                    (0.72, 0.1, "Chat"),
                    (0.72, 0.2, s.name),
                    (0.72, 0.26, "can you hear me?"),
                    (0.72, 0.4, s.staff[0]),
                ),
            ),
        )
    ],
}
SHOWN = {"nobody is named", "only the other is named", "names swap"}
"""Traps in which the participant is in view."""
