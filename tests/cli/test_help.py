"""The help of an option says what it does, when to change it, and its default as a number where there is one."""

import re

import pytest

from tests.calling import call
from vqaprep.cli.options import help_of
from vqaprep.jobs import jobs

EXPLAINED = ("train", "evaluate", "shard", "speed", "crop", "trim", "split", "doctor")
FIELDS = [(job, name) for job in EXPLAINED for name in jobs()[job].settings.model_fields]


@pytest.mark.parametrize(("job", "name"), FIELDS, ids=[f"{job} {name}" for job, name in FIELDS])
def test_an_option_is_explained(job: str, name: str) -> None:
    field = jobs()[job].settings.model_fields[name]
    about = help_of(name, field)
    assert len(field.description or "") > 20 or field.is_required(), about
    assert "default" not in (field.description or "") and "recipe" not in about
    if isinstance(field.default, int | float) and not isinstance(field.default, bool):
        assert f"default: {field.default:g}" in about


def test_defaults_that_depend_on_the_system_are_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("train", "-h") == 0
    shown = " ".join(capsys.readouterr().out.split())
    for option in ("--epochs N", "--batch N", "--lr X", "--weight-decay X", "--warmup-epochs X"):
        about = shown[shown.index(option) :]
        assert re.match(rf"{option} [^\[]*\[default: [\d.e-]+ to [\d.e-]+, see the systems below", about), about[:200]
    assert "[default: adam or adamw or sgd, see the systems below]" in shown
