"""Names that a machine read are matched with care."""

import pytest

from vqaprep.detect.names import ALIKE, is_name, likeness


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("Maria Silva", "maria silva"),
        ("MAR1A S1LVA", "Maria Silva"),
        ("Jose Alvarez", "José Álvarez"),
        ("Dr. Maria Silva", "Maria Silva"),
        ("Marissa C1ark", "Clark"),
        ("Moderator", "Interviewer|Moderator"),
    ],
)
def test_case_accents_and_lookalike_letters_do_not_count(text: str, pattern: str) -> None:
    assert likeness(text, pattern) == 100


def test_a_misread_letter_is_forgiven() -> None:
    assert ALIKE <= likeness("Marla Sllvo", "Maria Silva") < 100


@pytest.mark.parametrize(("text", "pattern"), [("Joanna", "Ann"), ("Li Wei", "Maria Silva"), ("Interview", "Maria")])
def test_another_name_does_not_fit(text: str, pattern: str) -> None:
    assert likeness(text, pattern) < ALIKE


def test_sentences_and_addresses_are_no_names() -> None:
    assert is_name("Anna Kowalska")
    assert not is_name("Personalized recommendations for what to eat & where")
    assert not is_name("10:24:31")
    assert not is_name("?")
