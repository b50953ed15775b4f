"""Pseudonyms are the same for the same key, senseless without it, and undone by their owner alone."""

import hashlib
import hmac
from pathlib import Path

import pytest
from pydantic import BaseModel

from tests.made import video
from vqaprep.datasets.scan_settings import ScanSettings
from vqaprep.detect.choice import quoted
from vqaprep.errors import InputError
from vqaprep.rows import Dropped, Video
from vqaprep.rows.no_veil import NO_VEIL, NoVeil
from vqaprep.rows.pseudonyms import PRIVATE, Veil, is_hidden, read_key
from vqaprep.rows.veils import veil_of
from vqaprep.stages import stages

JANE = video(
    "v", uri="/clinic/Jane Miller.mp4", subject_name="Jane Miller", subject_id="S1", group_id="G1", label="MCI"
)


KEY, OTHER_KEY = ("".join(f"{(37 * i + start) % 256:02x}" for i in range(32)) for start in (11, 12))


def make_key(path: Path, *, digits: str = KEY) -> Path:
    path.write_text(digits + "\n", encoding="ascii")
    path.chmod(0o600)
    return path


@pytest.fixture
def veil(tmp_path: Path) -> Veil:
    return Veil(make_key(tmp_path / "key"))


def test_people_and_files_become_keyed_hashes_and_the_rest_stays(veil: Veil) -> None:
    hidden = veil.hide(JANE)
    assert (
        hidden.subject_id is not None
        and hidden.subject_id[:48] == hmac.new(bytes.fromhex(KEY), b"S1", hashlib.sha256).hexdigest()[:48]
    )
    assert is_hidden(hidden)
    assert not any(word in repr(hidden) for word in ("Jane", "Miller", "clinic", "S1", "G1"))
    assert hidden.having(uri=JANE.uri, subject_name="Jane Miller", subject_id="S1", group_id="G1") == JANE


def test_the_owner_sees_the_row_as_it_was(veil: Veil) -> None:
    assert veil.show(veil.hide(JANE)) == JANE


def test_hiding_twice_is_hiding_once(veil: Veil) -> None:
    assert veil.hide(veil.hide(JANE)) == veil.hide(JANE)


def test_the_same_key_gives_the_same_pseudonyms_and_another_key_others(tmp_path: Path) -> None:
    ours, copy, other = (
        Veil(make_key(tmp_path / name, digits=digits)) for name, digits in (("a", KEY), ("b", KEY), ("c", OTHER_KEY))
    )
    assert ours.hide(JANE) == copy.hide(JANE)
    theirs, same = other.hide(JANE), ours.hide(JANE)
    for column in ("uri", "subject_name", "subject_id", "group_id"):
        assert getattr(theirs, column) != getattr(same, column)
    assert ours.key_name == copy.key_name != other.key_name


def test_a_name_is_one_person_however_it_is_written_and_an_id_is_letter_for_letter(veil: Veil) -> None:
    assert veil.name("Jane Miller") == veil.name("  JANE  miller ")
    assert veil.name("王芳") != veil.name("李伟")
    assert veil.word("s1") != veil.word("S1")


def test_a_file_has_one_pseudonym_from_every_working_folder(
    veil: Veil, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert veil.video("in/a.mp4") == veil.video(str(tmp_path / "in" / "a.mp4")) != veil.video("a.mp4")


def test_the_decoders_words_lose_the_file(veil: Veil) -> None:
    drop = Dropped("/clinic/Jane.mp4", "scan", "unreadable", "cannot open '/clinic/Jane.mp4': Jane.mp4 is odd")
    hidden = veil.hide_drop(drop, "/clinic/Jane.mp4", called=veil.video("/clinic/Jane.mp4"))
    assert "Jane" not in repr(hidden)
    assert hidden.detail.startswith("cannot open 'private:")


def test_the_words_of_a_drop_lose_what_was_read_in_the_picture(veil: Veil) -> None:
    drop = Dropped("v", "crop", "subject_ambiguous", f"read: {quoted('Jane')} (another name), {quoted('O 1')}; --not x")
    assert veil.hide_drop(drop, "/clinic/a.mp4").detail == "read: (hidden) (another name), (hidden); --not x"


def test_settings_tell_neither_names_nor_paths_nor_the_key(veil: Veil) -> None:
    told = veil.settings({"subject": "Jane Miller | J. Miller", "not_": "Dr Who", "labels": "/x/Jane.csv", "head_s": 3})
    assert told["subject"] == f"{veil.name('jane miller')}|{veil.name('J. Miller')}"
    assert told["head_s"] == 3
    assert not any(word in repr(told) for word in ("Jane", "Who", KEY[:8], str(veil.key_file)))


@pytest.mark.parametrize("settings", [ScanSettings, *stages().values()])
def test_every_setting_that_may_name_someone_is_hidden(veil: Veil, settings: type[BaseModel]) -> None:
    for name, option in settings.model_fields.items():
        if "Path" in str(option.annotation) or name in ("subject", "not_"):
            assert "Jane" not in repr(veil.settings({name: "Jane"})), name


def test_the_book_is_private_and_brings_back_the_veil(veil: Veil, tmp_path: Path) -> None:
    hidden = veil.hide(JANE)
    veil.save(tmp_path)
    assert (tmp_path / PRIVATE).stat().st_mode & 0o777 == 0o600
    again = veil_of(tmp_path, [hidden], None)
    assert again is not None
    assert again.show(hidden) == JANE
    assert again.hide(JANE) == hidden
    assert KEY[:8] not in repr(again)


def test_a_key_that_moved_is_named_anew(veil: Veil, tmp_path: Path) -> None:
    hidden = veil.hide(JANE)
    veil.save(tmp_path)
    moved = veil.key_file.rename(tmp_path / "safe")
    again = veil_of(tmp_path, [hidden], moved)
    assert again is not None
    assert again.key_file == moved
    assert again.hide(again.show(hidden)) == hidden


def test_another_key_or_a_lost_book_is_refused(veil: Veil, tmp_path: Path) -> None:
    rows: list[Video] = [veil.hide(JANE)]
    with pytest.raises(InputError, match=f"{PRIVATE}, which says where they lie, is not beside them"):
        veil_of(tmp_path, rows, None)
    veil.save(tmp_path)
    with pytest.raises(InputError, match="was pseudonymized with another key"):
        veil_of(tmp_path, rows, make_key(tmp_path / "other", digits=OTHER_KEY))


@pytest.mark.parametrize(
    ("text", "mode", "message"),
    [
        (
            None,
            0o600,
            r"there is no key file .*; name it with --pseudonymize, or make one: \(umask 077; .* > KEYFILE\)",
        ),
        ("", 0o600, "holds 0 bytes, a key has 32"),
        ("0011", 0o600, "holds 2 bytes, a key has 32"),
        ("secret", 0o600, "is no key file"),
        ("schlüssel", 0o600, "is no key file"),
        ("00" * 32, 0o600, "can be guessed"),
        ("0123456789abcdef" * 4, 0o600, "can be guessed"),
        ("00" * 32, 0o640, "chmod 600"),
        ("00" * 32, 0o604, "chmod 600"),
    ],
)
def test_a_file_that_is_no_good_key_is_refused(text: str | None, mode: int, message: str, tmp_path: Path) -> None:
    path = tmp_path / "key"
    if text is not None:
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
    with pytest.raises(InputError, match=message):
        read_key(path)


@pytest.mark.parametrize("text", ["ab" * 32, hashlib.sha256(b"MRN4711777").hexdigest(), "0" * 64, "P01", "4711"])
def test_an_id_of_any_form_is_hashed_with_the_key(veil: Veil, text: str) -> None:
    for hide in (veil.word, veil.name):
        hidden = hide(text)
        assert hidden != text and len(hidden) == 64
        assert hide(hidden) == hidden
        assert veil.book[hidden] == text


@pytest.mark.parametrize("name", ["private:Zoe Quartermain.mp4", "private:0123456789abcdef.mp4"])
def test_a_file_that_is_named_like_a_pseudonym_is_hidden_too(veil: Veil, name: str) -> None:
    hidden = veil.hide(JANE.having(uri=name))
    assert is_hidden(hidden) and name not in hidden.uri and not is_hidden(JANE.having(uri=name))
    assert veil.hide(hidden) == hidden


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_who_is_who_is_not_read_from_a_file_that_others_can_read(veil: Veil, tmp_path: Path, mode: int) -> None:
    hidden = veil.hide(JANE)
    veil.save(tmp_path)
    (tmp_path / PRIVATE).chmod(mode)
    with pytest.raises(InputError, match="chmod 600"):
        veil_of(tmp_path, [hidden], None)


def test_without_a_key_the_veil_changes_nothing(tmp_path: Path) -> None:
    drop = Dropped("a", "scan", "no_video", "no stream in \u201cJane\u201d", uri="/in/jane.mp4")
    veil = veil_of(tmp_path, [JANE], None)
    assert veil is NO_VEIL and not veil.is_hiding and Veil(tmp_path / "key").is_hiding
    assert veil.hide(JANE) is veil.show(JANE) is JANE
    assert veil.hide_drops([drop], {}) == [drop] == [veil.hide_drop(drop, drop.uri)]
    assert (veil.name("Jane"), veil.word("s1"), veil.video("a.mp4"), veil.address("a.mp4")) == (
        "Jane", "s1", "a.mp4", "a.mp4",
    )  # fmt: skip
    assert veil.settings({"subject": "Jane"}) == {"subject": "Jane"}
    veil.alone().save(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_veil_that_hides_nothing_leaves_out_no_method() -> None:
    public = {name for name in vars(Veil) if not name.startswith("_")} - {"key_file", "book"}
    assert public <= vars(NoVeil).keys()
