"""Tonight's clusters meet last night's themes: centroids come in, one-to-one matches go out, so that themes keep id and name."""

import numpy as np
from scipy.optimize import linear_sum_assignment

from tracker.themes.embed import Vectors


def to_last(clusters: Vectors, themes: Vectors, similarity: float) -> dict[int, int]:
    """Match rows of `clusters` to rows of `themes` (unit rows), each at most once, maximising total cosine; pairs below `similarity` stay unmatched.

    The optimal assignment is Kuhn's (scipy.optimize.linear_sum_assignment), so the answer does not depend on the order of the rows.
    """
    if len(clusters) == 0 or len(themes) == 0:
        return {}
    cosines = clusters @ themes.T
    rows, columns = linear_sum_assignment(np.where(cosines >= similarity, cosines, 0.0), maximize=True)
    return {int(r): int(c) for r, c in zip(rows, columns, strict=True) if cosines[r, c] >= similarity}
