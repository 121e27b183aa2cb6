"""Arithmetic on vectors. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def normalise(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bring each row to length 1; a row of zeros becomes the first axis, so none is undefined."""
    import numpy as np

    rows = vectors.astype(np.float32, copy=True)
    norms = np.linalg.norm(rows, axis=1)
    rows[norms == 0, 0] = 1.0
    norms[norms == 0] = 1.0
    result: NDArray[np.float32] = (rows / norms[:, None]).astype(np.float32)
    return result
