"""Touching objects taken apart: from chances of being inside and on an outline to numbered objects."""

from typing import Any

import numpy as np

from opsin.core import OpsinError

INSIDE = 0.5
"""The chance from which on a pixel belongs to an object."""
CORE = 0.5
"""The chance of being inside and on no outline from which on a pixel belongs to a core."""
NECK = 0.17
"""How much narrower a core must get between two middles to hold two objects, as a difference of logarithms."""
_ROUNDING = 0.5


def separate_objects(inside: np.ndarray, outline: np.ndarray, least_area: int = 0) -> np.ndarray:
    """int32 (height, width): 0 for the background, else the number of the object, from 1 on.

    `inside` and `outline` are chances (height, width). What is inside and not on an outline are the objects' cores. A
    core with a neck is two: its markers are its middles, farthest from its border. The rest of what is inside is
    flooded from them (watershed, Meyer 1994, from scikit-image). Objects of fewer than `least_area` pixels are left
    out.
    """
    measure, _, segmentation = _skimage()
    within = inside >= INSIDE
    core = inside * (1 - outline)
    markers = _middles(core >= CORE)
    alone = measure.label(within, connectivity=1)  # a small object without a core is its own marker
    has_core = np.zeros(int(alone.max()) + 1, bool)
    has_core[alone[markers > 0]] = True
    markers = np.where((alone > 0) & ~has_core[alone], alone + int(markers.max()), markers)
    found = segmentation.watershed(-core, markers, mask=within)
    areas = np.bincount(found.ravel())
    kept = areas >= max(1, least_area)
    kept[0] = False
    number = np.cumsum(kept) * kept
    return number[found].astype(np.int32)


def _middles(cores: np.ndarray) -> np.ndarray:
    """(height, width): the numbers of the middles of cores, 0 elsewhere.

    They are the maxima of the distance to the border that stand out (h-maxima, Soille 1999); of its logarithm, so that
    small and large objects are judged alike.
    """
    from scipy import ndimage

    measure, morphology, _ = _skimage()
    distance = np.asarray(ndimage.distance_transform_edt(np.pad(cores, 1)))[1:-1, 1:-1]
    width = np.log1p(ndimage.gaussian_filter(distance, _ROUNDING))
    return measure.label(morphology.h_maxima(width, NECK))


def _skimage() -> tuple[Any, Any, Any]:
    try:
        from skimage import measure, morphology, segmentation
    except ImportError as error:
        raise OpsinError(
            f"taking objects apart needs scikit-image ({error}); install it with: pip install 'opsin[segment]'"
        ) from error
    return measure, morphology, segmentation
