"""A recipe refuses a schedule without its numbers."""

import pytest

from vqaprep.models._recipe import Recipe


def test_constant_schedule_needs_nothing_more() -> None:
    assert Recipe(optimizer="adamw", lr=1e-4, epochs=1, batch=2).schedule == "constant"


@pytest.mark.parametrize(
    ("schedule", "missing"),
    [
        ("step", "step_size_epochs"),
        ("multistep", "milestones"),
        ("triangular2", "max_lr and step_size_epochs"),
    ],
)
def test_schedule_without_its_numbers_is_refused(schedule: str, missing: str) -> None:
    with pytest.raises(ValueError, match=missing):
        Recipe(optimizer="sgd", lr=0.1, epochs=1, batch=1, schedule=schedule)  # type: ignore[arg-type]  # any name
