"""Predictions of several images as a list that shows itself in notebooks."""

from typing import Any

from opsin.core import card

_MOST_ROWS, _MOST_COLUMNS, _MOST_LETTERS = 12, 8, 40


class PredictionList(list[dict[str, Any]]):
    """A list of predictions, a dictionary an image. In a notebook it is a table of the first ones.

    Examples:
        >>> PredictionList([{"label": "cat"}]) == [{"label": "cat"}]
        True
    """

    def _repr_html_(self) -> str:
        names = list(dict.fromkeys(name for row in self[:_MOST_ROWS] for name in row))
        shown = names[:_MOST_COLUMNS]
        rows = [
            (str(number), *(_text(row.get(name)) for name in shown)) for number, row in enumerate(self[:_MOST_ROWS])
        ]
        more = [f"and {len(self) - _MOST_ROWS:,} more"] if len(self) > _MOST_ROWS else []
        more += [f"and {len(names) - _MOST_COLUMNS:,} more columns"] if len(names) > _MOST_COLUMNS else []
        title = f"{len(self):,} prediction{'s' * (len(self) != 1)}"
        return card(title, more, [("", *shown), *rows] if rows else [])


def _text(value: Any) -> str:
    """Returns a value in a few letters: numbers with four digits, the largest shares, or the number of entries."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, dict):
        shares: dict[Any, Any] = value
        if shares and all(isinstance(share, float) for share in shares.values()):
            largest = sorted(shares, key=lambda name: -shares[name])
            text = ", ".join(f"{name} {shares[name]:.3g}" for name in largest[:3])
            return f"{text}, ..." if len(largest) > 3 else text
    if isinstance(value, list | tuple) and any(isinstance(part, dict | list | tuple) for part in value):
        return f"{len(value)} entries"
    text = str(value)
    return text if len(text) <= _MOST_LETTERS else f"{text[:_MOST_LETTERS]}..."
