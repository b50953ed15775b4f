"""Average the pictures of a layout: fixed names lose their noise, and moving text is blurred."""

import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]


class MeanPicture:
    """The mean of the pictures added since the last `start`, uint8 (H, W, 3)."""

    def __init__(self) -> None:
        self._sum: npt.NDArray[np.uint16] | None = None
        self.count = 0

    def start(self) -> None:
        """Forget what was added."""
        self._sum, self.count = None, 0

    def add(self, rgb: Picture) -> None:
        """Add a picture; one of another size begins anew."""
        if self._sum is None or self._sum.shape != rgb.shape:
            self._sum, self.count = np.zeros(rgb.shape, np.uint16), 0
        if self.count < _MOST:
            self._sum += rgb
            self.count += 1

    def picture(self) -> Picture:
        """Return the mean of what was added, at least one picture."""
        if self._sum is None:
            raise ValueError("nothing was added")
        return ((self._sum + self.count // 2) // self.count).astype(np.uint8)


_MOST = 255  # so that the sum fits into 16 bits
