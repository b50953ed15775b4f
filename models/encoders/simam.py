"""SimAM: attention without parameters, by how far a pixel stands out of its channel (ICML 2021)."""

from torch import Tensor


def simam(x_BCHW: Tensor, *, strength: float = 1e-4) -> Tensor:
    """Return x sigmoid(y), y = d / (4 (sum d / (HW - 1) + `strength`)) + 1/2, d the squared deviation.

    Mean and sum run over the pixels of one channel of one picture; there must be two pixels at least.
    """
    deviation = (x_BCHW - x_BCHW.mean(dim=(2, 3), keepdim=True)).square()
    variance = deviation.sum(dim=(2, 3), keepdim=True) / (x_BCHW[0, 0].numel() - 1)
    energy = deviation / (4 * (variance + strength)) + 0.5
    return x_BCHW * energy.sigmoid()
