"""Touching objects taken apart: from chances of being inside and on an outline to numbered objects."""

from typing import Any

import numpy as np

from opsin.core import OpsinError

INSIDE = 0.5
"""The chance from which on a pixel belongs to an object."""
CORE = 0.65
"""The chance of being inside and on no outline from which on a pixel is a core: more than half, as one doubtful pixel
joins two cores (docs/LOG.md)."""
LEAST_CORE = 4
"""Pixels of a core that make an object of its own."""


def apart(inside: np.ndarray, outline: np.ndarray, least_area: int = 0) -> np.ndarray:
    """int32 (height, width): 0 for the background, else the number of the object, from 1 on.

    `inside` and `outline` are chances (height, width). What is inside and not on an outline are the objects' cores;
    the rest of what is inside is flooded from them (watershed, Meyer 1994, from scikit-image). Objects of fewer than
    `least_area` pixels are left out.
    """
    measure, segmentation = _skimage()
    within = inside >= INSIDE
    core = inside * (1 - outline)
    markers = measure.label(core >= CORE, connectivity=1)
    sizes = np.bincount(markers.ravel())
    sizes[0] = 0
    markers[sizes[markers] < LEAST_CORE] = 0
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


def _skimage() -> tuple[Any, Any]:
    try:
        from skimage import measure, segmentation
    except ImportError as error:
        raise OpsinError(
            f"taking objects apart needs scikit-image ({error}); install it with: pip install 'opsin[segment]'"
        ) from error
    return measure, segmentation
