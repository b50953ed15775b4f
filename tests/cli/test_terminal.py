"""Names of files cannot give orders to a terminal."""

import logging

import pytest

from vqaprep.cli.streams import log_to_stderr, plain


@pytest.mark.parametrize("text", ["a\x1b[2Jb", "a\x07b", "a\rb", "a\x9b31mb", "a\u202eb", "\x1b]0;title\x07", "a\x00b"])
def test_control_characters_are_shown_and_not_sent(text: str) -> None:
    assert plain(text).isprintable() and plain(text) != text


def test_what_is_no_order_stays() -> None:
    assert plain("Jäger: 名前\n\tnext \N{PLUS-MINUS SIGN}") == "Jäger: 名前\n\tnext \N{PLUS-MINUS SIGN}"


def test_log_lines_are_plain(capsys: pytest.CaptureFixture[str]) -> None:
    before = logging.getLogger().handlers[:]
    try:
        log_to_stderr(json=False, verbose=False)
        logging.getLogger("vqaprep").warning("not rendered: %s", "a\x1b[2J.mp4")
    finally:
        logging.getLogger().handlers[:] = before
    assert "a\\x1b[2J.mp4" in capsys.readouterr().err
