"""A model as HTML, as notebooks show it."""

from opsin.core import card
from opsin.data import Preprocessing
from opsin.nn import Sequential, summarize
from opsin.tasks import Task

from .provenance import Provenance

_MOST_NAMES = 12


def model_card(network: Sequential, task: Task, preprocessing: Preprocessing, origin: Provenance) -> str:
    """Returns task, names, input, layers, scores and origin of a model on one screen, and the next statement to type.

    Args:
        network: Its network.
        task: Its task.
        preprocessing: Its preprocessing.
        origin: Its data, settings and scores.
    """
    table, names = summarize(network), task.names
    listed = ", ".join(names[:_MOST_NAMES])
    listed += f" and {len(names) - _MOST_NAMES:,} more" if len(names) > _MOST_NAMES else ""
    counts = ", ".join(f"{count:,} {split}" for split, count in origin.images.items())
    facts = [
        ("input", " × ".join(map(str, preprocessing.size))),
        ("layers", f"{len(table.leaves):,}"),
        ("parameters", f"{table.trainable + table.fixed:,}"),
        ("multiply-adds", f"{table.multiply_adds:,}"),
        ("trained on", origin.data),
        ("images", counts),
        ("initial weights", origin.initial_weights),
    ]
    main = task.monitor[0]
    scores = [(f"{main} on the test split", _number(origin.scores.get(main, {}).get("value")))]
    rows = [(name, value) for name, value in (*facts, *scores) if value]
    return card(f"Model: {task.name}", [f"Predicts: {listed}."], [("", ""), *rows], code="model.predict('photo.jpg')")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"
