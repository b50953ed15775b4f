"""The composed interviews that trim and crop are judged by: layouts, styles, names, rates, sizes, and traps."""

from dataclasses import replace
from fractions import Fraction

from tests.compose.interview import Interview, Place, Scene, Style

AMBIGUOUS = frozenset({"subject_ambiguous"})
CHANGED = frozenset({"subject_ambiguous", "subject_changed"})
_NAMES = ("Maria Silva", "José Álvarez", "Jürgen Weber", "Anna Kowalska", "Søren Kjaer", "Nguyen Minh", "Wei Zhang")
_PEOPLE = ("fi", "franck", "langer", "jwp", "cap12", "feat")
_NTSC = Fraction(30_000, 1001)


def catalogue() -> tuple[Interview, ...]:
    """Return all interviews, each with the participant, how to ask for them, and what must come out."""
    return (*_galleries(), *_speakers(), *_excluding(), *_traps(), *_rules(), *_strips(), *_trimmed())


def pair(people: tuple[str, str], names: tuple[str | None, str | None], *, split: float = 0.5) -> tuple[Place, Place]:
    """Return two tiles side by side, the first `split` of the width."""
    height = min(1.0, 2 * min(split, 1 - split) + 0.3)
    left = Place(people[0], 0.0, 0.12, split, 0.76, names[0])
    return left, Place(people[1], split, (1 - height * 0.76) / 2, 1 - split, 0.76 * height, names[1])


def trio(people: tuple[str, str, str], names: tuple[str, str, str]) -> tuple[Place, ...]:
    """Return two tiles above and one below."""
    spots = ((0.0, 0.0), (0.5, 0.0), (0.25, 0.5))
    return tuple(Place(p, x, y, 0.5, 0.5, n) for p, n, (x, y) in zip(people, names, spots, strict=True))


def speaker(people: tuple[str, ...], names: tuple[str | None, ...]) -> tuple[Place, ...]:
    """Return the first person large and the others in a strip at the right."""
    large = Place(people[0], 0.0, 0.0, 0.75, 1.0, names[0])
    strip = zip(people[1:], names[1:], strict=True)
    return large, *(Place(p, 0.75, 0.3 * i, 0.25, 0.3, n) for i, (p, n) in enumerate(strip))


def solo(who: str, name: str | None) -> tuple[Place, ...]:
    """Return one person filling the picture."""
    return (Place(who, 0.0, 0.0, 1.0, 1.0, name),)


def _by_name(name: str) -> tuple[tuple[str, str], ...]:
    return (("subject", name),)


def _galleries() -> list[Interview]:
    looks: list[tuple[Style, tuple[int, int], Fraction, bool, int]] = [
        ("bottom-left", (1280, 720), Fraction(25), False, 23),
        ("bottom-bar", (1280, 720), _NTSC, False, 28),
        ("above", (1920, 1080), Fraction(25), False, 26),
        ("bottom-left", (640, 360), Fraction(25), False, 20),
        ("bottom-bar", (854, 480), Fraction(25), True, 23),
        ("bottom-left", (1280, 720), Fraction(25), True, 30),
        ("beside", (1280, 720), Fraction(25), False, 23),
    ]
    found = []
    for i, (style, size_px, rate, is_vfr, crf) in enumerate(looks):
        people = _PEOPLE[i % 6], _PEOPLE[(i + 1) % 6]
        names = _NAMES[i], "Interviewer"
        places: tuple[Place, ...] = pair(people, names, split=(0.5, 0.62, 0.5, 0.5, 0.4, 0.6, 0.5)[i])
        if style == "beside":
            places = tuple(
                replace(p, left=0.35, top=0.05 + 0.5 * k, width=0.3, height=0.4) for k, p in enumerate(places)
            )
        found.append(
            Interview(
                f"gallery-{i}-{style}", (Scene(14, places),), people[0], _by_name(names[0]),
                style=style, size_px=size_px, rate=rate, is_vfr=is_vfr, crf=crf,
            )
        )  # fmt: skip
    styles: tuple[Style, ...] = ("bottom-left", "bottom-bar", "above")
    for i, style in enumerate(styles):
        people3 = _PEOPLE[i], _PEOPLE[i + 1], _PEOPLE[i + 2]
        names3 = _NAMES[i], _NAMES[i + 1], "Moderator"
        places3 = trio(people3, names3)
        found.append(
            Interview(f"trio-{i}-{style}", (Scene(12, places3),), people3[1], _by_name(names3[1]), style=style)
        )  # fmt: skip
    return found


def _speakers() -> list[Interview]:
    """Layouts that change: the participant large, small, alone, gone, on the other side."""
    found = []
    for i in range(6):
        a, b = _PEOPLE[i], _PEOPLE[(i + 2) % 6]
        name, other = _NAMES[i], "Interviewer"
        scenes = {
            "switch": (Scene(7, speaker((a, b), (name, other))), Scene(7, speaker((b, a), (other, name)))),
            "solo": (Scene(6, solo(a, name)), Scene(5, solo(b, other)), Scene(6, solo(a, name))),
            "swap": (Scene(7, pair((a, b), (name, other))), Scene(7, pair((b, a), (other, name)))),
            "leaves": (
                Scene(6, pair((a, b), (name, other))),
                Scene(6, (replace(pair((a, b), (name, other))[0], person=None), pair((a, b), (name, other))[1])),
                Scene(6, pair((a, b), (name, other))),
            ),
            "cards": (
                Scene(4, title="Interview 12"), Scene(10, pair((b, a), (other, name))), Scene(4, title="Thank you"),
            ),
            "mixed": (
                Scene(6, pair((a, b), (name, other))),
                Scene(6, solo(a, name)),
                Scene(6, speaker((b, a), (other, name))),
            ),
        }  # fmt: skip
        kind = list(scenes)[i]
        found.append(
            Interview(f"layout-{kind}", scenes[kind], a, _by_name(name), style=("bottom-left", "bottom-bar")[i % 2])
        )
    return found


def _excluding() -> list[Interview]:
    two = Scene(12, pair(("langer", "jwp"), ("Interviewer", "Wei Zhang")))
    three = Scene(12, trio(("fi", "franck", "cap12"), ("Moderator", "Anna Kowalska", "Interviewer")))
    rest = (("not_", "Interviewer|Moderator"),)
    return [
        Interview("not-two", (two,), "jwp", rest),
        Interview("not-three", (three,), "franck", rest, style="bottom-bar"),
        Interview("misread", (two,), "jwp", _by_name("Wel 2hanq|We1 2hang")),
        Interview("one-letter-off", (two,), "jwp", _by_name("Wai Zhang"), AMBIGUOUS),
        Interview("not-leaves-two", (Scene(10, pair(("fi", "jwp"), _NAMES[:2])),), "fi", rest, AMBIGUOUS),
    ]


def _traps() -> list[Interview]:
    """Videos whose participant nobody can know, or that change under a caption that stays."""
    a, b = "fi", "jwp"
    by_name = _by_name("Maria Silva")
    named = ("Maria Silva", "Interviewer")
    absent, unnamed = pair((a, b), ("Maria Silva", None))
    return [
        Interview("no-captions", (Scene(10, pair((a, b), (None, None))),), a, by_name, AMBIGUOUS),
        Interview("same-names", (Scene(10, pair((a, b), ("Maria Silva", "Maria Silva"))),), a, by_name, AMBIGUOUS),
        Interview("unreadable", (Scene(10, pair((a, b), named)),), a, by_name, AMBIGUOUS, caption_scale=0.2),
        Interview("nobody-by-that-name", (Scene(10, pair((a, b), ("Li Wei", "Interviewer"))),), a, by_name, AMBIGUOUS),
        Interview("nothing-asked", (Scene(10, pair((a, b), named)),), a, (), AMBIGUOUS),
        Interview("only-of-two", (Scene(10, pair((a, b), named)),), a, (("rule", "only"),), AMBIGUOUS),
        Interview("equals", (Scene(10, pair((b, b), named)),), b, (("rule", "largest"),), AMBIGUOUS),
        Interview(
            "stale-captions", (Scene(8, pair((a, b), named)), Scene(8, pair((b, a), named))), a, by_name, CHANGED
        ),
        Interview(
            "stale-solo", (Scene(8, solo("langer", "Maria Silva")), Scene(8, solo("feat", "Maria Silva"))), "langer",
            by_name, CHANGED,
        ),
        Interview("empty-tile", (Scene(10, (replace(absent, person=None), unnamed)),), a, by_name, AMBIGUOUS),
    ]  # fmt: skip


def _rules() -> list[Interview]:
    return [
        Interview("rule-left", (Scene(10, pair(("cap12", "fi"), (None, None))),), "cap12", (("rule", "left"),)),
        Interview("rule-right", (Scene(10, pair(("cap12", "fi"), (None, None))),), "fi", (("rule", "right"),)),
        Interview("rule-largest", (Scene(10, speaker(("fi", "cap12"), (None, None))),), "fi", (("rule", "largest"),)),
        Interview("rule-only", (Scene(10, solo("franck", None)),), "franck", (("rule", "only"),)),
    ]


def _strips() -> list[Interview]:
    scene = Scene(12, speaker(("feat", "langer", "jwp"), ("Interviewer", "Søren Kjaer", "Moderator")))
    return [Interview("strip-of-three", (scene,), "langer", _by_name("Soren Kjaer"), size_px=(1920, 1080), rate=_NTSC)]


def _trimmed() -> list[Interview]:
    """Interviews with a head and a tail to leave out, by length or by who is there."""
    cards = Scene(4, title="Visit 7"), Scene(3, title="The end")
    both = Scene(9, pair(("jwp", "fi"), ("Interviewer", "Ana Popescu")))
    alone = Scene(5, solo("jwp", "Interviewer"))
    auto = (("auto", "true"),)
    name = _by_name("Ana Popescu")
    return [
        Interview("trim-head-tail", (both, both), "fi", name, trim=(("head_s", "6"), ("tail_s", "4"))),
        Interview("trim-auto-cards", (cards[0], both, cards[1]), "fi", name, trim=auto, style="bottom-bar"),
        Interview(
            "trim-auto-joins-late", (cards[0], alone, both, alone, cards[1]), "fi", name,
            trim=(*auto, *name), rate=_NTSC,
        ),
        Interview(
            "trim-auto-one-person", (cards[0], Scene(9, solo("cap12", None)), cards[1]), "cap12", (("rule", "only"),),
            trim=auto, is_vfr=True, size_px=(854, 480),
        ),
    ]  # fmt: skip
