"""The verb `explain`: measurements on a model and an image, and the page that runs the network."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from opsin import data as formats
from opsin.core import DataError, Progress, show_in_notebook, silent, write_text
from opsin.drawing import Curve as Line
from opsin.drawing import Lines
from opsin.explain import Explanation, LayerWindow, Saliency, explain_image
from opsin.model import Model
from opsin.report.inside.page import InsideContent, inside_page

MAX_EXAMPLES = 1000
_TITLES = {
    "shift": "Shift to the right, in shares of the width",
    "rotation": "Rotation in degrees",
    "scale": "Scale",
}


@show_in_notebook
def explain(
    model: Model,
    image: Any,
    *,
    data: Any = None,
    out: str | Path | None = None,
    title: str = "model",
    progress: Progress = silent,
) -> Explanation:
    """Measures what makes a network a CNN on an image, and writes a page that runs the network in the browser.

    Args:
        model: Model of images.
        image: Path, encoded bytes, PIL image or array, as in `Model.predict`.
        data: Images, labelled or not, in any format that `opsin.train` reads: adds the accuracy of a linear probe by
            depth, and the patches that excite units most. At most 1,000 are used.
        out: HTML page to write. Default: none.
        title: Name of the model on the page.
        progress: Progress callback.

    Returns:
        The measurements.

    Raises:
        DataError: The image or the data cannot be read.
        NetworkError: The network takes no images, or the page cannot run one of its layers.
        OpsinError: The page cannot be written.
    """
    examples, labels = _examples(model, data, progress)
    found = explain_image(model, image, examples, labels, progress)
    if out is None:
        return found
    progress("page", 0, 1)
    write_text(Path(out), inside_page(_content(model, found, title)))
    progress("page", 1, 1)
    return replace(found, page=Path(out))


def _examples(model: Model, data: Any, progress: Progress) -> tuple[np.ndarray, np.ndarray | None]:
    """Returns preprocessed images spread over the data, and their classes where they have one of the model's."""
    if data is None:
        return np.zeros((0, *model.preprocessing.size), np.uint8), None
    table = formats.read(data)
    rows = np.unique(np.linspace(0, len(table) - 1, min(MAX_EXAMPLES, len(table))).round().astype(int))
    table = table.select(rows)
    arrays: list[np.ndarray] = []
    kept: list[int] = []
    for number, id in enumerate(table.rows["id"].to_list()):
        try:
            arrays.append(model.preprocess(model.load_image(table.images.read(id)))[0])
        except DataError:
            continue
        kept.append(number)
        progress("examples", number + 1, len(table))
    labels = table.select(np.array(kept, int)).targets() if table.target.kind.is_class else None
    return np.stack(arrays) if arrays else np.zeros((0, *model.preprocessing.size), np.uint8), labels


def _content(model: Model, found: Explanation, title: str) -> InsideContent:
    return InsideContent(
        model=model,
        title=title,
        pixels=found.pixels,
        prediction=prediction_text(found.prediction),
        findings=tuple(findings(found)),
        layers=tuple(_layer_row(layer) for layer in found.windows),
        measured={layer.path: _layer_sentence(layer) for layer in found.windows},
        charts=tuple(
            Lines(
                title=_TITLES[curve.transform],
                caption=_TITLES[curve.transform],
                curves=(
                    Line("output for the predicted class", np.array(curve.values), np.array(curve.score)),
                    Line("similarity of the features", np.array(curve.values), np.array(curve.cosine)),
                ),
                x_label=_TITLES[curve.transform],
                y_label="",
            )
            for curve in found.invariance
        ),
        hierarchy=tuple((depth.path, depth.accuracy) for depth in found.hierarchy),
        patches=tuple((f"{one.path}, map {one.channel}", one.patches) for one in found.patches),
        saliency=tuple((one.method, _saliency_text(one), _heat(found.pixels, one.values)) for one in found.saliency),
    )


def prediction_text(prediction: dict[str, Any]) -> str:
    """Returns a prediction in a few words: the label and its confidence, or the numbers.

    Args:
        prediction: One dictionary that `Model.predict` returned.
    """
    if "label" in prediction:
        return f"Prediction: {prediction['label']} ({prediction.get('confidence', float('nan')):.1%})"
    values = [f"{name} {value:.4g}" for name, value in prediction.items() if isinstance(value, float)]
    return f"Prediction: {', '.join(values[:6])}" if values else "Prediction: see the output"


def findings(found: Explanation) -> list[tuple[str, str]]:
    """Returns the characteristics of a CNN with what was measured on the network, one sentence each.

    Args:
        found: The measurements.
    """
    measured = [layer for layer in found.windows if layer.change_outside is not None]
    exact = [layer for layer in found.windows if layer.window is not None and layer.window == layer.support]
    windows = [layer for layer in found.windows if layer.window is not None]
    compared = [layer for layer in windows if layer.support is not None]
    shared = [layer for layer in found.windows if layer.unshared]
    lines = [
        (
            "Local connectivity",
            f"Replacing all pixels outside a unit's window changed it by {found.largest_change_outside:g} at most in "
            f"{len(measured)} layers. The gradient reaches exactly the window that the layers "
            f"allow in {len(exact)} of {len(compared)}.",
        ),
        (
            "Parameter sharing",
            f"Shifting the picture by one stride moved each map by one position: difference "
            f"{found.largest_shift_difference:g} away from edges. The convolutions have "
            f"{sum(layer.parameters for layer in shared):,} parameters; with separate weights at each position they "
            f"would have {sum(layer.unshared or 0 for layer in shared):,}.",
        ),
        (
            "Fewer parameters",
            f"{found.parameters:,} parameters; a dense network with as many values in each layer has "
            f"{found.dense_parameters:,}, {found.dense_parameters / max(1, found.parameters):,.0f} times as many.",
        ),
    ]
    if windows:
        first, last = windows[0], windows[-1]
        growth = (
            f"The window grows from {_size(first.window)} pixels ({first.path}) to {_size(last.window)} ({last.path})."
        )
        probes = ""
        if found.hierarchy:
            best = max(found.hierarchy, key=lambda depth: depth.accuracy)
            probes = (
                f" A linear model reads the class from pixels in {found.hierarchy[0].accuracy:.1%} of the images, from "
                f"{best.path} in {best.accuracy:.1%}."
            )
        lines.append(("Spatial hierarchy", growth + probes))
    for curve in found.invariance:
        if curve.same:
            kept = sum(curve.same)
            lines.append(
                (
                    f"Invariance: {curve.transform}",
                    f"The prediction stays for {kept} of {len(curve.same)} amounts from {curve.values[0]:.3g} to "
                    f"{curve.values[-1]:.3g}; the features' cosine similarity is {min(curve.cosine):.2f} or more.",
                )
            )
    return lines


def _size(window: tuple[int, int] | None) -> str:
    return "the whole image" if window is None else f"{window[0]}×{window[1]}"


def _layer_sentence(layer: LayerWindow) -> str:
    if layer.window is None:
        return "A unit depends on the whole picture."
    parts = [f"A unit in the middle sees {_size(layer.window)} pixels"]
    if layer.effective:
        parts.append(f"95 % of its gradient lies in {layer.effective}×{layer.effective}")
    if layer.edge is not None:
        parts.append(f"padding changes the outer {layer.edge} positions")
    return "; ".join(parts) + "."


def _layer_row(layer: LayerWindow) -> dict[str, str]:
    def count(value: float | None) -> str:
        return "" if value is None else f"{value:,g}" if isinstance(value, float) else f"{value:,}"

    return {
        "path": layer.path,
        "kind": layer.kind,
        "note": layer.note,
        "shape": "×".join(map(str, layer.output_shape)),
        "window": "all" if layer.window is None else _size(layer.window),
        "effective": count(layer.effective),
        "stride": "" if layer.stride is None else f"{layer.stride[1]:g}",
        "change": count(layer.change_outside),
        "shift": count(layer.shift_difference),
        "parameters": count(layer.parameters),
        "unshared": count(layer.unshared),
        "dense": count(layer.dense),
    }


def _saliency_text(one: Saliency) -> str:
    verdict = "passes both checks" if one.passes else "does not pass both checks: do not read it as an explanation"
    return (
        f"Correlation with random weights {one.correlation:.2f} (at most 0.20 in size). Insertion {one.insertion:.3f}, "
        f"centre blob {one.blob_insertion:.3f}. Deletion {one.deletion:.3f}. It {verdict}."
    )


def _heat(pixels: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Returns the grey image with the map in colour: red where it is large."""
    grey = np.broadcast_to(pixels.mean(2, keepdims=True), (*pixels.shape[:2], 3))
    strength = 0.65 * values[..., None]
    return ((1 - strength) * (0.7 * grey + 40) + strength * np.array([220.0, 50.0, 30.0])).clip(0, 255).astype(np.uint8)
