"""How call programs lay out their tiles, from descriptions of the real ones."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from benchmarks.calls.screen import Screen, Text, Tile

Seats = Sequence[Tile]
Client = Callable[[tuple[int, int], Seats, int], Screen]
_NOWHERE = (0, 0, 0, 0)


def seat(who: str | None, label: str | None, **more: object) -> Tile:
    """Return somebody without a place yet."""
    return Tile(_NOWHERE, who, label, **more)  # type: ignore[arg-type]  # the keywords of Tile


def gallery(size_px: tuple[int, int], seats: Seats, *, gap: int, shape: float, edge: int) -> list[Tile]:
    """Return the seats in rows of tiles of one `shape` (width over height), `gap` apart, in the middle."""
    columns = 1 if len(seats) == 1 else 2 if len(seats) < 5 else 3
    rows = -(-len(seats) // columns)
    width = (size_px[0] - 2 * edge - gap * (columns - 1)) / columns
    height = min(width / shape, (size_px[1] - 2 * edge - gap * (rows - 1)) / rows)
    width = min(width, height * shape)
    top = (size_px[1] - rows * height - gap * (rows - 1)) / 2
    placed = []
    for row in range(rows):
        those = seats[row * columns : (row + 1) * columns]
        left = (size_px[0] - len(those) * width - gap * (len(those) - 1)) / 2
        for i, one in enumerate(those):
            x, y = left + i * (width + gap), top + row * (height + gap)
            placed.append(replace(one, rect=(round(x), round(y), round(width), round(height))))
    return placed


def active(tiles: Sequence[Tile], number: int, color: str) -> tuple[Tile, ...]:
    """Return the tiles with a border around the one who speaks; -1 is nobody."""
    return tuple(replace(tile, border=color if i == number else None) for i, tile in enumerate(tiles))


def zoom_gallery(size_px: tuple[int, int], seats: Seats, speaking: int) -> Screen:
    """Tiles that touch, on black, names in dark bars in the corner."""
    tiles = gallery(size_px, seats, gap=0, shape=16 / 9, edge=0)
    return Screen(size_px, "#000000", active(tiles, speaking, "#23d959"))


def zoom_speaker(size_px: tuple[int, int], seats: Seats, speaking: int) -> Screen:
    """The first person large below a strip of small tiles."""
    small_h = round(size_px[1] * 0.2)
    small_w = round(small_h * 16 / 9)
    left = (size_px[0] - small_w * (len(seats) - 1)) // 2
    strip = [replace(s, rect=(left + i * small_w, 0, small_w, small_h)) for i, s in enumerate(seats[1:])]
    large_h = size_px[1] - small_h
    large_w = min(size_px[0], round(large_h * 16 / 9))
    large = replace(seats[0], rect=((size_px[0] - large_w) // 2, small_h, large_w, large_h))
    return Screen(size_px, "#1a1a1a", (large, *strip))


def zoom_thumbnail(size_px: tuple[int, int], seats: Seats, speaking: int) -> Screen:
    """The first person in the whole picture, the second in a small tile over the upper right corner."""
    width, height = size_px
    small = round(width * 0.22), round(width * 0.22 * 9 / 16)
    thumbnail = replace(seats[1], rect=(width - small[0] - 12, 12, *small))
    return Screen(size_px, "#000000", (replace(seats[0], rect=(0, 0, width, height)), thumbnail))


def zoom_share(size_px: tuple[int, int], seats: Seats, speaking: int) -> Screen:
    """A shared slide, and people in a strip of touching tiles at the right."""
    width, height = size_px
    side = round(width * 0.24)
    tile_h = round(side * 9 / 16)
    slide = Tile((0, round(height * 0.06), width - side, round(height * 0.88)), "slide", None)
    top = (height - tile_h * len(seats)) // 2
    strip = [replace(s, rect=(width - side, top + i * tile_h, side, tile_h)) for i, s in enumerate(seats)]
    return Screen(size_px, "#1f1f1f", (slide, *active(strip, speaking, "#f7e24a")))


def teams(size_px: tuple[int, int], seats: Seats, speaking: int) -> Screen:
    """Tiles with narrow gaps and slightly round corners, a violet border, names in pills."""
    tiles = gallery(size_px, seats, gap=4, shape=1.45, edge=4)
    return Screen(size_px, "#292929", active(tiles, speaking, "#7f85f5"), radius_px=5, pill="pill", inset_px=(7, 7))


def meet(size_px: tuple[int, int], seats: Seats, speaking: int) -> Screen:
    """Round tiles with wide gaps, names without a backdrop."""
    tiles = gallery(size_px, seats, gap=14, shape=1.6, edge=16)
    return Screen(size_px, "#202124", active(tiles, speaking, "#8ab4f8"), radius_px=14, pill="shadow", inset_px=(9, 7))


def meet_strip(size_px: tuple[int, int], seats: Seats, speaking: int) -> Screen:
    """One large round tile and a column of small ones."""
    width, height = size_px
    side = round(width * 0.23)
    large = replace(seats[0], rect=(14, 14, width - side - 42, height - 28))
    tile_h = round(side * 0.7)
    rest = [replace(s, rect=(width - side - 14, 14 + i * (tile_h + 12), side, tile_h)) for i, s in enumerate(seats[1:])]
    tiles = active([large, *rest], speaking, "#8ab4f8")
    return Screen(size_px, "#202124", tiles, radius_px=12, pill="shadow", inset_px=(8, 6))


def webex(size_px: tuple[int, int], seats: Seats, speaking: int) -> Screen:
    """Tiles three pixels apart on black, names in pills."""
    tiles = gallery(size_px, seats, gap=3, shape=16 / 9, edge=2)
    return Screen(size_px, "#0b0b0b", active(tiles, speaking, "#2b8fff"), radius_px=8, pill="pill", inset_px=(5, 5))


def room(size_px: tuple[int, int], seats: Seats, speaking: int) -> Screen:
    """Two cameras stacked below a clock, as an interview room records them."""
    width, height = size_px
    head = round(height * 0.07)
    tile_h = (height - head) // len(seats)
    tile_w = min(width, round(tile_h * 4 / 3))
    left = (width - tile_w) // 2
    tiles = tuple(replace(s, rect=(left, head + i * tile_h, tile_w, tile_h)) for i, s in enumerate(seats))
    clock = Text((left + 8, round(head * 0.15)), "2026-03-04", round(head * 0.6), is_clock=True, backdrop="#101010")
    return Screen(size_px, "#101010", tiles, (clock,))


CLIENTS: dict[str, Client] = {
    "zoom gallery": zoom_gallery,
    "zoom speaker": zoom_speaker,
    "zoom thumbnail": zoom_thumbnail,
    "zoom share": zoom_share,
    "teams": teams,
    "meet": meet,
    "meet strip": meet_strip,
    "webex": webex,
    "room": room,
}
