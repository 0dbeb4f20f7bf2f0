"""The page that shows the insides of a network: measurements as tables and curves, and the network itself."""

import base64
import gzip
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from opsin.drawing import Lines
from opsin.model import Model

from ..charts import draw_lines, legend
from ..markup import Markup
from ..pictures import picture
from ..templates import style, template
from .program import program_of

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class InsideContent:
    """Content of the page.

    Attributes:
        model: The model; its network runs on the page.
        title: Name of the model file.
        pixels: Preprocessed image, uint8 (height, width, channels).
        prediction: Prediction of the image as text.
        findings: Measurements in one sentence each: (characteristic, sentence).
        layers: Table of the layers' windows, one dictionary of texts for each row.
        measured: Measurement of each layer as a sentence, by path; shown with the layer.
        charts: Curves of invariance.
        hierarchy: (layer, accuracy) of the linear probes.
        patches: (title, patches) of the units that are excited most.
        saliency: (title, sentence, map as uint8 picture (height, width, 3)).
    """

    model: Model
    title: str
    pixels: np.ndarray
    prediction: str
    findings: tuple[tuple[str, str], ...]
    layers: tuple[dict[str, str], ...]
    measured: dict[str, str]
    charts: tuple[Lines, ...]
    hierarchy: tuple[tuple[str, float], ...]
    patches: tuple[tuple[str, tuple[np.ndarray, ...]], ...]
    saliency: tuple[tuple[str, str, np.ndarray], ...]


def inside_page(content: InsideContent) -> str:
    """Returns the page as HTML: one file that makes no request; scripts and styles are allowed by their hashes.

    Args:
        content: Measurements and the model.

    Raises:
        NetworkError: A layer of the network cannot run on the page.
    """
    program = program_of(content.model.network)
    halves, floats = (base64.b64encode(gzip.compress(part, 9, mtime=0)).decode() for part in program.weights)
    script = "\n".join((_FOLDER / name).read_text(encoding="utf-8") for name in ("network.js", "view.js"))
    styles = f"{style()}\n{(_FOLDER / 'inside.css').read_text(encoding='utf-8')}"
    return template("inside/inside.html.j2").render(
        content=content,
        script=Markup(script),
        style=Markup(styles),
        policy="; ".join(
            (
                "default-src 'none'",
                "img-src data: blob:",
                f"script-src '{_digest(script)}'",
                f"style-src '{_digest(styles)}'",
            )
        ),
        data=Markup(_safe_json(_description(content, program.ops))),
        weights=f"{halves} {floats}",
        draw=draw_lines,
        legend=legend,
        patches=[(title, [picture(_visible(patch), 240) for patch in patches]) for title, patches in content.patches],
        saliency=[(title, text, picture(_visible(pixels), 480)) for title, text, pixels in content.saliency],
        height=content.pixels.shape[0],
        width=content.pixels.shape[1],
    )


def _description(content: InsideContent, ops: list[dict[str, Any]]) -> dict[str, Any]:
    model, task = content.model, content.model.task
    preprocessing: Any = model.preprocessing
    return {
        "ops": ops,
        "size": list(preprocessing.size),
        "mean": list(preprocessing.mean),
        "std": list(preprocessing.std),
        "names": list(task.names),
        "layout": task.output.layout,
        "activation": model.network.final_activation,
        "temperature": getattr(task, "temperature", 1.0),
        "outputText": "The output is one vector for each position: choose the last layer to see its maps.",
        "pixels": base64.b64encode(np.ascontiguousarray(content.pixels).tobytes()).decode(),
        "measured": content.measured,
    }


def _safe_json(value: Any) -> str:
    """Returns JSON that cannot end the element it stands in."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")


def _digest(text: str) -> str:
    """Returns the hash of an inline element as a Content-Security-Policy names it; the element has the same text."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _visible(patch: np.ndarray) -> np.ndarray:
    """Returns a patch of at least 24 pixels, whole pixels repeated."""
    factor = max(1, -(-24 // min(patch.shape[:2])))
    return patch.repeat(factor, 0).repeat(factor, 1)
