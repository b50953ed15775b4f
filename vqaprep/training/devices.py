"""The device of a run: one device here, or the one of this process under `torchrun`."""

import warnings
from typing import Any

import torch
from lightning_fabric import Fabric
from lightning_fabric.strategies.ddp import DDPStrategy

from vqaprep.errors import InputError
from vqaprep.training.launch import place
from vqaprep.training.precision import WholeInputs
from vqaprep.training.settings import TrainSettings


def fabric_for(settings: TrainSettings) -> Fabric:
    """Return the devices, ready to use.

    Raises:
        InputError: a GPU is asked for and there is none that torch can use.
    """
    here = place()
    world, local = here.world_size, here.local_world_size
    if settings.accelerator == "cuda" and not torch.cuda.is_available():
        build = f"a build for CUDA {torch.version.cuda}" if torch.version.cuda else "a build without CUDA"
        raise InputError(
            f"--accelerator 'cuda': torch {torch.__version__} ({build}) finds no GPU here; give auto or cpu; "
            "`vqaprep doctor` says what torch can use"
        )
    strategy: Any = DDPStrategy(find_unused_parameters=True) if world > 1 else "auto"
    has_gpu = settings.accelerator == "cuda" or (settings.accelerator == "auto" and torch.cuda.is_available())
    device = "cuda" if has_gpu else "cpu"
    mixed: list[Any] = [] if settings.precision == "32-true" else [WholeInputs(settings.precision, device)]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The `srun` command is available")  # we start by `torchrun`
        fabric = Fabric(accelerator=device, devices=local, num_nodes=world // local, strategy=strategy, plugins=mixed)
    fabric.launch()
    return fabric
