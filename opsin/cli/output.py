"""What commands print when they are done: one JSON object, or a small table of scores."""

import json
import math
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opsin.evaluation import Score

MOST_OBJECTS = 20
"""So many objects of one image are printed."""


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


def print_objects(names: Sequence[str], answer: Mapping[str, Any], records: Sequence[Mapping[str, Any]]) -> None:
    """How many objects there are of each class, and a row for each of the first ones."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    counts = ", ".join(f"{answer[f'count_{name}']} {name}" for name in names)
    print(f"{answer['count']} object{'' if answer['count'] == 1 else 's'}: {counts}")
    table = Table(box=box.SIMPLE_HEAD)
    columns = [name for name in (records[0] if records else ()) if name != "object"]
    for name in columns:
        table.add_column(name, justify="left" if name == "label" else "right")
    for record in records[:MOST_OBJECTS]:
        table.add_row(*(_cell(record[name]) for name in columns))
    if records:
        Console(highlight=False).print(table)
    if len(records) > MOST_OBJECTS:
        print(f"and {len(records) - MOST_OBJECTS} more")


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    return " ".join(f"{side:.0f}" for side in value) if isinstance(value, list | tuple) else f"{value:.4g}"


def _number(value: float) -> str:
    """Four digits; what is less than 1e-9 is the rounding of sums, not a score."""
    return f"{value if abs(value) > 1e-9 else 0:.4g}" if math.isfinite(value) else "-"
