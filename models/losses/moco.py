"""The contrastive loss of MoCo: find a query's key among those of a queue (arXiv 1911.05722, Eq. 1)."""

import torch
from torch import Tensor
from torch.nn import functional


def moco_loss(query_BD: Tensor, key_BD: Tensor, *, queue_ND: Tensor, temperature: float) -> Tensor:
    """Return the cross-entropy of each query's own key against it and the N keys of the queue.

    All rows are unit vectors. The own key is logit 0.
    """
    own = (query_BD * key_BD).sum(dim=1, keepdim=True)
    logits = torch.cat([own, query_BD @ queue_ND.T], dim=1) / temperature
    target = torch.zeros(len(logits), dtype=torch.int64, device=logits.device)
    return functional.cross_entropy(logits, target)
