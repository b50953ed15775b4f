"""A caption names a face only where nothing else could be meant."""

from vqaprep.detect.captioned import Label, labels_of, owners
from vqaprep.detect.sightings import Caption, Face, Tile
from vqaprep.rows import Box

_LEFT_TILE, _RIGHT_TILE = Box(0, 0, 640, 720), Box(640, 0, 640, 720)


def _face(x_px: float, y_px: float = 250, w_px: float = 100) -> Face:
    return Face(0.0, 0, Box(x_px - w_px / 2, y_px, w_px, 1.3 * w_px), 0.99)


def _label(text: str, x_px: float, y_px: float = 620, tile: Box | None = None, w_px: float = 250) -> Label:
    return Label((text,), Box(x_px, y_px, w_px, 50), tile)


def test_a_caption_names_the_only_face_of_its_tile() -> None:
    labels = [_label("Ann", 10, tile=_LEFT_TILE, w_px=60), _label("Bob", 650, tile=_RIGHT_TILE, w_px=60)]
    assert owners(labels, [_face(960), _face(320)]) == {0: 1, 1: 0}


def test_a_caption_of_an_empty_tile_names_nobody() -> None:
    labels = [_label("Ann", 10, tile=_LEFT_TILE, w_px=60), _label("Bob", 650, tile=_RIGHT_TILE, w_px=60)]
    assert owners(labels, [_face(960)]) == {1: 0}


def test_one_caption_under_two_people_names_neither() -> None:
    assert owners([_label("Ann", 200)], [_face(320), _face(960)]) == {}


def test_four_names_over_three_people_name_only_whom_every_order_agrees_on() -> None:
    bar = [_label(text, x) for text, x in (("Ann", 38), ("Bob", 395), ("Cem", 683), ("Dora", 980))]
    assert owners(bar, [_face(205), _face(640, w_px=70), _face(985, w_px=118)]) == {0: 0}


def test_a_name_that_was_not_read_does_not_shift_the_others() -> None:
    bar = [_label(text, x) for text, x in (("Ann", 38), ("Bob", 395), ("Dora", 980))]
    assert owners(bar, [_face(205), _face(640, w_px=70), _face(985, w_px=118)]) == {0: 0}


def test_a_list_of_people_is_no_label() -> None:
    names = [Caption(0.0, 0, text, 0.9, Box(20, 100 + 35 * i, 100, 30)) for i, text in enumerate(("Ann", "Bob", "Cem"))]
    assert labels_of(names) == []


def test_a_caption_beside_a_tile_names_the_face_in_it() -> None:
    aside = [
        _label("Ann", 300, 300, Box(0, 0, 448, 720), w_px=140),
        _label("Bob", 300, 600, Box(0, 0, 448, 720), w_px=140),
    ]
    assert owners(aside, [_face(560, 250, 120), _face(560, 550, 120)]) == {0: 0, 1: 1}


def test_two_labels_of_one_face_cancel_each_other() -> None:
    labels = [_label("Ann", 300, tile=_LEFT_TILE), _label("Bob", 300, 100, tile=_LEFT_TILE)]
    assert owners(labels, [_face(320, 300)]) == {}


def test_lines_under_one_another_are_one_label_and_noise_is_none() -> None:
    def line(text: str, y_px: float, score: float = 0.9) -> Caption:
        return Caption(0.0, 0, text, score, Box(20, y_px, 200, 30))

    labels = labels_of(
        [line("Chief Economist", 640), line("Jane Miller", 605), line("10:31", 20), line("xk", 300, 0.1)]
    )
    assert [label.lines for label in labels] == [("Jane Miller", "Chief Economist")]


def test_words_of_a_line_are_one_name_and_names_of_a_bar_are_not() -> None:
    def word(text: str, x_px: float, w_px: float) -> Caption:
        return Caption(0.0, 0, text, 0.9, Box(x_px, 600, w_px, 32))

    labels = labels_of([word("Zhang", 358, 99), word("Wei", 294, 60), word("Ann", 480, 60)])
    assert {label.lines for label in labels} == {("Wei Zhang",), ("Ann",)}


def test_lines_of_a_room_give_no_name_of_a_bar_to_the_wrong_person() -> None:
    # Three people at a table, a bar of three names below, and rectangles in the room that hold each neighbour.
    faces = [_face(x_px) for x_px in (150, 550, 950)]
    wrong = [Tile(Box(480, 180, 260, 480), 0.0, 0.0), Tile(Box(880, 180, 260, 480), 0.0, 0.0)]
    labels = [
        Label(("Ann Lee",), Box(100, 620, 250, 30), None, (wrong[0],)),
        Label(("Bo Kim",), Box(500, 620, 250, 30), None, (wrong[1],)),
        Label(("Cy Roe",), Box(900, 620, 250, 30), None, (wrong[1],)),
    ]
    assert all(face == label for label, face in owners(labels, faces).items())


def test_tiles_side_by_side_keep_their_people() -> None:
    faces = [_face(x_px) for x_px in (270, 910)]
    tiles = [Tile(Box(0, 0, 640, 720), 0.0, 0.0), Tile(Box(640, 0, 640, 720), 0.0, 0.0)]
    labels = [
        Label((name,), Box(x_px, 680, 200, 30), None, (tile,))
        for name, x_px, tile in (("Ann Lee", 10, tiles[0]), ("Bo Kim", 650, tiles[1]))
    ]
    assert owners(labels, faces) == {0: 0, 1: 1}
