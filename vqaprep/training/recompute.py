"""Gradient checkpointing: blocks of a network keep only their input and run again in the backward pass."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.checkpoint import checkpoint


def recompute(model: nn.Module) -> None:
    """Change `model` in place; outputs, gradients and batch statistics stay what they are.

    A block is a trained member, of several layers, of an outermost sequence: a stage, a transformer layer.
    """
    for block in list(_blocks(model)):
        how = partial(_contexts, block)
        block.forward = partial(checkpoint, block.forward, use_reentrant=False, context_fn=how)


def _blocks(module: nn.Module) -> Iterator[nn.Module]:
    for child in module.children():
        if isinstance(child, nn.Sequential | nn.ModuleList):
            yield from (block for block in child if _has_trained_layers(block))
        else:
            yield from _blocks(child)


def _has_trained_layers(block: nn.Module) -> bool:
    layers = [module for module in block.modules() if any(p.requires_grad for p in module.parameters(recurse=False))]
    return len(layers) > 1


def _contexts(block: nn.Module) -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
    """Return what surrounds the first run of a block, and the second."""
    return nullcontext(), _unmoved_statistics(block)


@contextmanager
def _unmoved_statistics(block: nn.Module) -> Iterator[None]:
    """Keep batch norms from taking one batch into their running statistics twice."""
    norms = [module for module in block.modules() if isinstance(module, _BatchNorm)]
    kept = [(norm.momentum, norm.num_batches_tracked and norm.num_batches_tracked.clone()) for norm in norms]
    for norm in norms:
        # With momentum 0 a batch norm normalizes by the batch as before, and its running statistics stay.
        norm.momentum = 0.0
    try:
        yield
    finally:
        for norm, (momentum, count) in zip(norms, kept, strict=True):
            norm.momentum = momentum
            if norm.num_batches_tracked is not None and count is not None:
                norm.num_batches_tracked.copy_(count)
