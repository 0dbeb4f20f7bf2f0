"""All measurements on one network and one image."""

import copy
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from opsin.core import NetworkError, card
from opsin.model import Model
from opsin.nn import summarize

from .hierarchy import Depth, Patches, probe_depths, strongest_patches
from .invariance import Curve, measure_invariance
from .saliency import Saliency, saliency_maps
from .windows import LayerWindow, measure_windows

Progress = Callable[[str, int, int], None]
MAX_PATCH_LAYERS = 5


@dataclass(frozen=True)
class Explanation:
    """Measurements on a network and an image.

    Attributes:
        prediction: The model's prediction, as `Model.predict` returns it.
        pixels: Preprocessed image, uint8 (height, width, channels).
        windows: Window, sharing and parameters of each layer with feature maps.
        invariance: Curves under shift, rotation and scale; none for outputs that are maps.
        saliency: Saliency maps with their checks.
        hierarchy: Accuracy of a linear probe by depth; none without labelled images.
        patches: Patches that excite units most, by layer; none without images.
        parameters: Parameters of the network.
        dense_parameters: Parameters of a dense network with the same numbers of values in each layer.
        page: HTML page that runs the network in the browser; None if it was not written.
    """

    prediction: dict[str, Any]
    pixels: np.ndarray
    windows: tuple[LayerWindow, ...]
    invariance: tuple[Curve, ...]
    saliency: tuple[Saliency, ...]
    hierarchy: tuple[Depth, ...]
    patches: tuple[Patches, ...]
    parameters: int
    dense_parameters: int
    page: Path | None = None

    @property
    def largest_change_outside(self) -> float:
        """Largest change of a unit when all pixels outside its window were replaced: 0 by local connectivity."""
        return max((layer.change_outside or 0.0 for layer in self.windows), default=0.0)

    @property
    def largest_shift_difference(self) -> float:
        """Largest difference between the map of a shifted image and the shifted map: 0 by parameter sharing."""
        return max((layer.shift_difference or 0.0 for layer in self.windows), default=0.0)

    def _repr_html_(self) -> str:
        rows = (
            ("prediction", str(self.prediction.get("label", ""))),
            ("largest change of a unit by pixels outside its window", f"{self.largest_change_outside:g}"),
            ("largest difference of a shifted map", f"{self.largest_shift_difference:g}"),
            ("parameters", f"{self.parameters:,}"),
            ("parameters of a dense network", f"{self.dense_parameters:,}"),
        )
        table = [("measured", "value"), *(row for row in rows if row[1])]
        return card("Explanation", table=table, links=None if self.page is None else {"page": self.page.as_posix()})

    def to_json(self) -> dict[str, Any]:
        """Returns all numbers as JSON values; saliency maps are given by their checks."""
        return {
            "prediction": self.prediction,
            "locality": {"largest_change_outside": self.largest_change_outside},
            "sharing": {"largest_shift_difference": self.largest_shift_difference},
            "layers": [asdict(layer) for layer in self.windows],
            "invariance": [asdict(curve) for curve in self.invariance],
            "saliency": [
                {name: value for name, value in asdict(one).items() if name != "values"} | {"passes": one.passes}
                for one in self.saliency
            ],
            "hierarchy": [asdict(depth) for depth in self.hierarchy],
            "parameters": self.parameters,
            "dense_parameters": self.dense_parameters,
            "page": None if self.page is None else str(self.page),
        }


def explain_image(
    model: Model, image: Any, examples: np.ndarray, labels: np.ndarray | None, progress: Progress
) -> Explanation:
    """Measures everything on one image.

    Args:
        model: Model of images.
        image: Path, encoded bytes, PIL image or array, as in `Model.predict`.
        examples: Further preprocessed images, (n, height, width, channels); n may be 0.
        labels: Class index of each of them; None without classes.
        progress: Called with (stage, done, total).

    Raises:
        NetworkError: The network takes no images, or its head is an embedding.
    """
    if len(model.network.input_shape) != 3:
        raise NetworkError(
            f"the network takes inputs of {model.network.input_shape}. Expected images (height, width, channels)."
        )
    model = _on_cpu(model)
    prediction = model.predict(image)[0]
    pixels = np.array(model.preprocess(model.load_image(image))[0])
    progress("saliency", 0, 1)
    saliency = saliency_maps(model, pixels)
    progress("saliency", 1, 1)
    rows = summarize(model.network)
    weighted = [row for row in rows.leaves if row.multiply_adds]
    return Explanation(
        prediction=prediction,
        pixels=pixels,
        windows=tuple(measure_windows(model, pixels, progress)),
        invariance=tuple(measure_invariance(model, pixels)),
        saliency=tuple(saliency),
        hierarchy=() if labels is None or len(labels) < 20 else tuple(probe_depths(model, examples, labels)),
        patches=_patches(model, examples) if len(examples) else (),
        parameters=rows.trainable + rows.fixed,
        dense_parameters=sum(row.as_dense for row in weighted),
    )


def _on_cpu(model: Model) -> Model:
    """Returns the model itself, or a copy on the CPU, where float32 arithmetic is exact to the position."""
    if model.device.type == "cpu":
        return model
    return replace(model, network=copy.deepcopy(model.network).to("cpu"))


def _patches(model: Model, examples: np.ndarray) -> tuple[Patches, ...]:
    rows = [row for row in summarize(model.network).rows if row.depth == 0 and len(row.output_shape) == 3]
    rows = [row for row in rows if row.kind not in ("BatchNormalization", "ZeroPadding2D", "Dropout")]
    step = max(1, -(-len(rows) // MAX_PATCH_LAYERS))
    return tuple(one for row in rows[::step] for one in strongest_patches(model, examples, row.path, 4, 5))
