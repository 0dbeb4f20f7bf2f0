"""What commands print when they are done: one JSON object, or a small table of scores."""

import json
import math
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opsin.evaluate import Score


def print_json(value: Any) -> None:
    """Prints one line of JSON; characters that stdout cannot write are escaped the JSON way."""
    unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    print(json.dumps(value, ensure_ascii=not unicode, allow_nan=False))


def scores_json(scores: "Mapping[str, Score]") -> dict[str, dict[str, float | None]]:
    """`{name: {value, low, high}}`; null where a score is not defined."""
    return {name: score.to_json() for name, score in scores.items()}


def print_scores(scores: "Mapping[str, Score]", baseline: "Mapping[str, Score]") -> None:
    """A row a score: its value, its 95 % interval, and what the trivial answer reaches."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("score")
    for title in ("value", "95 % interval", "baseline"):
        table.add_column(title, justify="right")
    for name, score in scores.items():
        trivial = _number(baseline[name].value) if name in baseline else ""
        table.add_row(name, _number(score.value), f"{_number(score.low)} to {_number(score.high)}", trivial)
    Console(highlight=False).print(table)


def _number(value: float) -> str:
    """Four digits; what is less than 1e-9 is the rounding of sums, not a score."""
    return f"{value if abs(value) > 1e-9 else 0:.4g}" if math.isfinite(value) else "-"
