"""Mixed precision that does not round the network's inputs (clips, scores) to bfloat16."""

from typing import Any

from lightning_fabric.plugins.precision import MixedPrecision


class WholeInputs(MixedPrecision):
    """Fabric's mixed precision without its rounding of the network's inputs.

    bfloat16 has 8 bits: a score of 87.3 would become 87.5, pixels would lose the faint traces of distortions, and
    layers that autocast keeps in float32 would start from rounded numbers.
    """

    def convert_input(self, data: Any) -> Any:
        """Return `data` as it is."""
        return data
