"""Features in the plane, for a picture (source 001, Figure 4)."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.manifold import TSNE

from vqaprep.errors import InputError


def tsne(features_ND: ArrayLike, *, seed: int, perplexity: float = 30.0) -> NDArray[np.float32]:
    """Lay N >= 4 feature vectors out in the plane, (N, 2), neighbours kept close; same seed, same picture.

    Perplexity is lowered to (N - 1) / 3 for small sets, as the method asks. Distances between far groups
    mean nothing.
    """
    features = np.asarray(features_ND, dtype=np.float32)
    if features.ndim != 2 or len(features) < 4 or features.shape[1] < 2:
        raise InputError(f"features of shape {features.shape}; at least 4 rows and 2 columns are needed.")
    method = TSNE(
        perplexity=min(perplexity, (len(features) - 1) / 3),
        init="pca",
        learning_rate="auto",
        random_state=seed,
    )
    points: NDArray[np.float32] = method.fit_transform(features)
    return points
