"""Tune-CLS: the quality of a clip scales how far its strongest class stands out (SSL-V3, Eq. 3)."""

from typing import Literal

from torch import Tensor

Tune = Literal["margin", "literal"]


def tune_cls(logits: Tensor, quality: Tensor, *, tune: Tune = "margin") -> Tensor:
    """Return logits (B, C) with the largest of each row multiplied according to `quality` (B,).

    `literal` multiplies by the quality itself, as in Eq. 3. It turns the meaning round where the
    largest logit is negative and is not bounded; `margin` first moves the smallest logit to zero and
    multiplies by 2 sigmoid(quality), so quality 0 is neutral and the largest never falls below the smallest.
    Which class is largest is not differentiated.
    """
    if tune == "margin":
        logits = logits - logits.amin(dim=1, keepdim=True)
        quality = 2 * quality.sigmoid()
    top = logits.argmax(dim=1, keepdim=True)
    return logits.scatter(1, top, logits.gather(1, top) * quality[:, None])
