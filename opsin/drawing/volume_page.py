"""Page of one segmented volume: three planes, scrolled by slice, with classes over the image."""

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from opsin.data import Volume

from .masks import palette

LONGEST_SIDE = 192
"""Longest side of the volume in the page, in voxels; larger volumes are thinned out."""
PERCENTILES = (0.5, 99.5)


def volume_page(
    volume: Volume, mask: np.ndarray, names: Sequence[str], row: Mapping[str, Any], title: str, notice: str
) -> str:
    """Returns a self-contained HTML page that shows a volume and its classes.

    Args:
        volume: The volume.
        mask: uint8 (depth, height, width) class indices on the grid of the volume; 0 is not coloured.
        names: Names of the classes.
        row: Values of the prediction by name, such as millilitres.
        title: Name of the volume.
        notice: Sentence that stands at the top and at the end.

    Returns:
        HTML that loads nothing from elsewhere.
    """
    import jinja2

    canonical, classes = volume.canonical(), volume.orientation.apply(mask)
    steps = [max(1, -(-side // LONGEST_SIDE)) for side in canonical.shape]
    thin = tuple(slice(None, None, step) for step in steps)
    grey = _grey(canonical.array[thin][..., 0])
    spacing = np.array(canonical.spacing or (1.0, 1.0, 1.0)) * steps
    middle = _middle(classes[thin])
    shades: list[list[int]] = palette(max(1, len(names) - 1)).tolist()
    data = {
        "shape": grey.shape,
        "spacing": spacing.tolist(),
        "middle": middle,
        "grey": _packed(grey),
        "mask": _packed(np.ascontiguousarray(classes[thin])),
        "colours": shades,
        "names": list(names),
    }
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    template = environment.from_string(Path(__file__).with_name("volume_page.html.j2").read_text(encoding="utf-8"))
    content = json.dumps(data).replace("<", "\\u003c")
    colours = [f"rgb({red}, {green}, {blue})" for red, green, blue in shades]
    legend = list(zip(names[1:], colours, strict=False))
    rows = [(name.replace("_", " "), f"{value:.3g}") for name, value in row.items()]
    return template.render(title=title, notice=notice, rows=rows, legend=legend, content=content)


def _grey(values: np.ndarray) -> np.ndarray:
    """Returns uint8 values between the 0.5th and 99.5th percentile."""
    low, high = (float(end) for end in np.percentile(values[::2, ::2, ::2], PERCENTILES))
    scale = 255 / (high - low) if high > low else 0.0
    return np.ascontiguousarray(((values.astype(np.float32) - low) * scale).clip(0, 255).astype(np.uint8))


def _middle(classes: np.ndarray) -> list[int]:
    """Returns the centre of the classes, or of the volume where there are none."""
    found = np.argwhere(classes > 0)
    centre = found.mean(0) if len(found) else (np.array(classes.shape) - 1) / 2
    return [int(one) for one in centre.round()]


def _packed(array: np.ndarray) -> str:
    return base64.b64encode(zlib.compress(array.tobytes(), 6)).decode()
