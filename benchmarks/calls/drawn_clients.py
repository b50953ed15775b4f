"""Call programs whose gaps, shapes, corners, borders, colours and places of names are drawn by chance."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks.calls.clients import Client, Seats, active, gallery, room
from benchmarks.calls.screen import Pill, Screen, Tile

_BACKGROUNDS = ("#000000", "#111418", "#1c1c1c", "#242a31", "#303030", "#3b3f46", "#e9ebee")
_BORDERS = ("#2ecc71", "#ffb300", "#5b8cff", "#c85bff", "#ffffff")
_PILLS: tuple[Pill, ...] = ("bar", "pill", "shadow")


@dataclass(frozen=True)
class _Look:
    """How one drawn program looks; lengths are shares of the canvas's height."""

    gap: float
    shape: float
    edge: float
    radius: float
    inset: float
    background: str
    border: str
    pill: Pill
    small: float
    is_left: bool
    is_low: bool

    def screen(self, size_px: tuple[int, int], tiles: Sequence[Tile], speaking: int = -1) -> Screen:
        height = size_px[1]
        lit = active(tiles, speaking, self.border)
        inset = round(self.inset * height), round(self.inset * height * 0.8)
        radius = round(self.radius * height)
        return Screen(size_px, self.background, lit, radius_px=radius, pill=self.pill, inset_px=inset)


def drawn_clients(rng: np.random.Generator) -> dict[str, Client]:
    """Return a program for each layout that the kinds of films ask for, all of one drawn look."""
    gap = float(rng.choice([0.0, 0.0, rng.uniform(0.002, 0.03)]))
    round_ = float(rng.choice([0.0, rng.uniform(0.004, 0.025)])) if gap else 0.0
    look = _Look(
        gap=gap,
        shape=float(rng.uniform(1.25, 1.9)),
        edge=float(rng.uniform(0, 0.03)) if gap else 0.0,
        radius=round_,
        inset=float(rng.uniform(0, 0.014)),
        background=str(rng.choice(_BACKGROUNDS)),
        border=str(rng.choice(_BORDERS)),
        pill=_PILLS[int(rng.integers(len(_PILLS)))],
        small=float(rng.uniform(0.17, 0.28)),
        is_left=bool(rng.random() < 0.5),
        is_low=bool(rng.random() < 0.5),
    )
    rows = dict.fromkeys(("zoom gallery", "teams", "meet", "webex"), _gallery(look))
    strips: dict[str, Client] = {"zoom speaker": _speaker(look), "meet strip": _column(look)}
    return {**rows, **strips, "zoom thumbnail": _thumbnail(look), "zoom share": _share(look), "room": room}


def _gallery(look: _Look) -> Client:
    def client(size_px: tuple[int, int], seats: Seats, speaking: int) -> Screen:
        gap, edge = round(look.gap * size_px[1]), round(look.edge * size_px[1])
        return look.screen(size_px, gallery(size_px, seats, gap=gap, shape=look.shape, edge=edge), speaking)

    return client


def _speaker(look: _Look) -> Client:
    """The first person large, the others in a row above or below."""

    def client(size_px: tuple[int, int], seats: Seats, speaking: int) -> Screen:
        width, height = size_px
        gap, small_h = round(look.gap * height), round(look.small * height)
        small_w, large_h = round(small_h * look.shape), height - small_h - gap
        left = (width - (small_w + gap) * (len(seats) - 1)) // 2
        top, large_top = (height - small_h, 0) if look.is_low else (0, small_h + gap)
        strip = [_at(s, left + i * (small_w + gap), top, small_w, small_h) for i, s in enumerate(seats[1:])]
        large_w = min(width, round(large_h * 16 / 9))
        return look.screen(size_px, [_at(seats[0], (width - large_w) // 2, large_top, large_w, large_h), *strip])

    return client


def _column(look: _Look) -> Client:
    """The first person large, the others in a column at the left or right."""

    def client(size_px: tuple[int, int], seats: Seats, speaking: int) -> Screen:
        width, height = size_px
        gap, side = round(look.gap * height), round(look.small * width)
        small_h, large_w = round(side / look.shape), width - side - gap
        left, large_left = (0, side + gap) if look.is_left else (large_w + gap, 0)
        column = [_at(s, left, i * (small_h + gap), side, small_h) for i, s in enumerate(seats[1:])]
        return look.screen(size_px, [_at(seats[0], large_left, 0, large_w, height), *column], speaking)

    return client


def _thumbnail(look: _Look) -> Client:
    """The first person in the whole picture, the second small in one corner."""

    def client(size_px: tuple[int, int], seats: Seats, speaking: int) -> Screen:
        width, height = size_px
        small_w, away = round(look.small * width), round((0.01 + look.edge) * height)
        small_h = round(small_w / look.shape)
        x = away if look.is_left and not look.is_low else width - small_w - away
        y = height - small_h - away if look.is_low else away
        return look.screen(size_px, [_at(seats[0], 0, 0, width, height), _at(seats[1], x, y, small_w, small_h)])

    return client


def _share(look: _Look) -> Client:
    """A shared slide beside a column of people."""

    def client(size_px: tuple[int, int], seats: Seats, speaking: int) -> Screen:
        width, height = size_px
        gap, side = round(look.gap * height), round(look.small * width)
        small_h = round(side / look.shape)
        top = (height - (small_h + gap) * len(seats)) // 2
        left, slide_left = (0, side + gap) if look.is_left else (width - side, 0)
        slide = Tile((slide_left, round(height * 0.05), width - side - gap, round(height * 0.9)), "slide", None)
        column = [_at(s, left, top + i * (small_h + gap), side, small_h) for i, s in enumerate(seats)]
        return look.screen(size_px, [slide, *column], speaking + 1 if speaking >= 0 else -1)

    return client


def _at(seat: Tile, *rect: Any) -> Tile:
    return replace(seat, rect=rect)
