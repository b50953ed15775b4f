"""torchvision imports beside any torch build, and its networks run."""

import subprocess
import sys

import torch

from vqaprep.models.torchvision_guard import import_torchvision


def test_networks_of_torchvision_run() -> None:
    torchvision = import_torchvision()
    network = torchvision.models.video.r3d_18(weights=None).eval()
    with torch.no_grad():
        assert network(torch.zeros(1, 3, 4, 16, 16)).shape == (1, 400)


def test_importing_twice_gives_the_same_module() -> None:
    assert import_torchvision() is import_torchvision()


def test_operators_stay_declared_in_a_fresh_process() -> None:
    code = (
        "import gc; from models.torchvision_guard import import_torchvision as get; get(); gc.collect();"
        "import torch, torchvision.transforms.v2; assert torch.ops.torchvision.nms"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_compiler_is_left_for_those_who_compile() -> None:
    code = (
        "import sys; from models.torchvision_guard import import_torchvision as get; get();"
        "assert 'torch._dynamo' not in sys.modules;"
        "import torch; assert torch.compile(lambda x: 2 * x, backend='eager')(torch.ones(1)) == 2"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
