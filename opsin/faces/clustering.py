"""Groups of faces that are probably of one person, without names."""

import numpy as np

from opsin.core import DataError, OpsinError

from .gallery import distances

THRESHOLD = 0.37
"""Mean distance up to which two groups are joined."""
MAX_FACES = 20_000


def cluster(vectors: np.ndarray, threshold: float = THRESHOLD) -> np.ndarray:
    """Groups embeddings by average linkage.

    Args:
        vectors: float32 (faces, 128), each of length 1.
        threshold: Mean distance up to which two groups are joined.

    Returns:
        int64 (faces,): number of the group, the largest group 0.

    Raises:
        DataError: There are more than MAX_FACES faces.
        OpsinError: The package scipy is not installed.
    """
    if len(vectors) > MAX_FACES:
        raise DataError(f"{len(vectors):,} faces are too many to group. Expected at most {MAX_FACES:,}.")
    if len(vectors) < 2:
        return np.zeros(len(vectors), np.int64)
    try:
        from scipy.cluster.hierarchy import fcluster, linkage
    except ImportError as error:
        raise OpsinError(
            f"grouping needs the package scipy ({error}). Fix: pip install '.[faces]' in a clone of Opsin."
        ) from error
    upper = np.triu_indices(len(vectors), 1)
    tree = linkage(distances(vectors, vectors)[upper], method="average")
    groups = fcluster(tree, threshold, criterion="distance") - 1
    sizes = np.bincount(groups)
    rank = np.empty(len(sizes), np.int64)
    rank[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
    return rank[groups]
