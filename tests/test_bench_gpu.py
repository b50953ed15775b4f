"""`make bench-gpu` refuses where there is no GPU, and its code runs on the CPU with tiny networks."""

import pytest
import torch

from benchmarks import gpu
from vqaprep.errors import InputError


def test_without_a_gpu_it_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError, match="no CUDA device is visible"):
        gpu.main([])


def test_tiny_networks_take_the_same_way(capsys: pytest.CaptureFixture[str]) -> None:
    torch.set_num_threads(1)
    assert gpu.main(["--tiny", "ssl_v3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("|")[1].strip() for line in lines[2:]] == ["plain r3d_18", "ssl_v3"]
    assert float(lines[3].split("|")[2]) > 0
