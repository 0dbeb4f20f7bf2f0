"""Separation of touching objects: a watershed from probabilities of inside and outline to numbered objects."""

from typing import Any

import numpy as np

from opsin.core import OpsinError

INSIDE = 0.5
"""Minimum probability of a pixel of an object."""
CORE = 0.5
"""Minimum probability of inside and not outline of a pixel of a core."""
NECK = 0.17
"""Height of h-maxima: a core is split where the logarithm of its width falls by this between two maxima."""
_ROUNDING = 0.5


def separate_objects(inside: np.ndarray, outline: np.ndarray, least_area: int = 0) -> np.ndarray:
    """Separates touching objects by a watershed (Meyer 1994, from scikit-image).

    Cores are the pixels inside and not on an outline. Markers are the maxima of the distance to a core's border, so
    that a core with a neck becomes two objects. The foreground is flooded from the markers.

    Args:
        inside: Probability of an object, (height, width).
        outline: Probability of an outline, (height, width).
        least_area: Minimum area in pixels; smaller objects are left out.

    Returns:
        int32 (height, width): 0 for the background, else the number of the object from 1.

    Raises:
        OpsinError: scikit-image is not installed.
    """
    measure, _, segmentation = _skimage()
    foreground = inside >= INSIDE
    core = inside * (1 - outline)
    markers = _core_markers(core >= CORE)
    components = measure.label(foreground, connectivity=1)  # a small object without a core is its own marker
    has_core = np.zeros(int(components.max()) + 1, bool)
    has_core[components[markers > 0]] = True
    markers = np.where((components > 0) & ~has_core[components], components + int(markers.max()), markers)
    found = segmentation.watershed(-core, markers, mask=foreground)
    areas = np.bincount(found.ravel())
    kept = areas >= max(1, least_area)
    kept[0] = False
    number = np.cumsum(kept) * kept
    return number[found].astype(np.int32)


def _core_markers(cores: np.ndarray) -> np.ndarray:
    """Returns numbered markers (height, width), 0 elsewhere.

    Markers are h-maxima (Soille 1999) of the logarithm of the distance to the border; the logarithm makes `NECK`
    independent of the size of objects.
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
            f"scikit-image cannot be imported ({error}). Expected it for instance segmentation. "
            "Fix: pip install '.[segment]' in a clone of Opsin"
        ) from error
    return measure, morphology, segmentation
