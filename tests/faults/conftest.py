"""One thread for torch: what is computed again must be the same to the bit, and `score` changes the number."""

import pytest
import torch


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """Set it before what all tests of a module compare with is made."""
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _one_thread_again(_one_thread: None) -> None:
    """Set it again before each test."""
    torch.set_num_threads(1)
