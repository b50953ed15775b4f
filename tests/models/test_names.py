"""A system is found by its file name, and a wrong name is answered with the nearest one."""

import pytest

from vqaprep import models


def test_every_name_loads_a_system() -> None:
    for name in models.names():
        system = models.load(name)
        assert {"Settings", "PRESETS", "RECIPE", "Model"} <= vars(system).keys()


def test_private_files_packages_and_the_guard_are_no_systems() -> None:
    names = models.names()
    assert names == sorted(names)
    assert not {"torchvision_guard", "_step", "_recipe", "encoders", "heads", "losses"} & set(names)


def test_wrong_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"did you mean 'speediness'"):
        models.load("speedyness")
