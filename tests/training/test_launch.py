"""A process knows its place among those that torchrun started, and takes no other program's word for it."""

import pytest

from vqaprep.errors import InputError
from vqaprep.training.devices import fabric_for
from vqaprep.training.launch import Place, place
from vqaprep.training.settings import TrainSettings

WHOLE = {
    "RANK": "1", "WORLD_SIZE": "4", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2", "MASTER_ADDR": "here",
    "MASTER_PORT": "1",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in WHOLE:
        monkeypatch.setenv(name, "")  # set, so that what the code removes is put back
        monkeypatch.delenv(name)


def test_all_that_torchrun_sets_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in WHOLE.items():
        monkeypatch.setenv(name, value)
    assert place() == Place(rank=1, world_size=4, local_world_size=2)
    assert not place().is_first


@pytest.mark.parametrize("left", ["RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"])
@pytest.mark.parametrize("value", ["1", "3", "rubbish"])
def test_a_part_that_was_left_over_is_ignored_and_removed(
    left: str, value: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(left, value)
    assert place() == Place()
    assert f"{left}={value}" in caplog.text
    assert place() == Place() and len(caplog.records) == 1


@pytest.mark.parametrize(
    "wrong", [{"RANK": "4"}, {"RANK": "-1"}, {"WORLD_SIZE": "two"}, {"LOCAL_RANK": "2"}, {"LOCAL_WORLD_SIZE": "3"}]
)
def test_numbers_that_make_no_sense_are_refused(wrong: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (WHOLE | wrong).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match=f"{next(iter(wrong))}=.*torchrun"):
        place()


def test_a_gpu_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(InputError, match=r"--accelerator 'cuda'.*no GPU here; give auto or cpu"):
        fabric_for(TrainSettings(system="speediness", accelerator="cuda"))
