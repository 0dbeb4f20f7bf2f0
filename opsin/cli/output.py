"""Results on stdout: JSON for programs, tables for people."""

import json
import math
import shlex
import shutil
import sys
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opsin.evaluation import Score

MAX_OBJECTS = 20
"""Maximum number of objects of one image that are listed."""
MAX_WIDTH = 100
"""Maximum width of sentences in characters."""


def print_json(value: Any) -> None:
    """Prints a value as one line of JSON. Characters that stdout cannot encode become JSON escapes."""
    unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    print(json.dumps(value, ensure_ascii=not unicode, allow_nan=False))


def scores_json(scores: "Mapping[str, Score]") -> dict[str, dict[str, float | None]]:
    """Returns `{name: {value, low, high}}`, with None where a score is undefined."""
    return {name: score.to_json() for name, score in scores.items()}


def print_scores(
    scores: "Mapping[str, Score]", baseline: "Mapping[str, Score]", linear: "Mapping[str, Score] | None" = None
) -> None:
    """Prints a table with one row per score: value, 95 % confidence interval, and the values of the baselines.

    Args:
        scores: Scores by name.
        baseline: Scores of the baseline that ignores the image.
        linear: Scores of the linear model on pretrained features.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from opsin.report.wording import CALIBRATION

    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("score")
    for title in ("value", "95 % interval", "baseline", *(["linear model"] if linear else [])):
        table.add_column(title, justify="right")
    for name, score in scores.items():
        constant = {} if name in CALIBRATION else baseline
        references = [
            _number(other[name].value) if name in other else "" for other in (constant, linear) if other is not None
        ]
        interval = "" if math.isnan(score.value) else f"{_number(score.low)} to {_number(score.high)}"
        table.add_row(name, _number(score.value), interval, *references)
    Console(highlight=False).print(table)
    undefined = [name for name, score in scores.items() if math.isnan(score.value)]
    if undefined:
        print(f"not defined on these images: {', '.join(undefined)}")


def print_sentences(*sentences: str) -> None:
    """Prints sentences, each wrapped to the width of the terminal, and an empty line after them."""
    width = min(MAX_WIDTH, shutil.get_terminal_size().columns)
    for sentence in filter(None, sentences):
        print(textwrap.fill(sentence, width, break_long_words=False, break_on_hyphens=False))
    print()


def print_next(*words: object, stderr: bool = False) -> None:
    """Prints a next command to type, at the end of a command's results.

    Args:
        words: The words of the command after `opsin`. Words with special characters are quoted for the shell.
        stderr: Print on stderr, for commands whose stdout is read by programs.
    """
    print(f"next    opsin {shlex.join(map(str, words))}", file=sys.stderr if stderr else sys.stdout)


def plural(count: int, noun: str) -> str:
    """Returns a count with its noun.

    Examples:
        >>> plural(1, "image"), plural(1200, "image")
        ('1 image', '1,200 images')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def print_objects(names: Sequence[str], prediction: Mapping[str, Any], records: Sequence[Mapping[str, Any]]) -> None:
    """Prints the number of objects of each class, and a table of the first `MAX_OBJECTS` objects.

    Args:
        names: Class names.
        prediction: The prediction of one image, with `count` and `count_<class>`.
        records: One record per object of the prediction.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table

    counts = ", ".join(f"{prediction[f'count_{name}']} {name}" for name in names)
    print(f"{plural(prediction['count'], 'object')}: {counts}")
    table = Table(box=box.SIMPLE_HEAD)
    columns = [name for name in (records[0] if records else ()) if name != "object"]
    for name in columns:
        table.add_column(name, justify="left" if name == "label" else "right")
    for record in records[:MAX_OBJECTS]:
        table.add_row(*(_cell(record[name]) for name in columns))
    if records:
        Console(highlight=False).print(table)
    if len(records) > MAX_OBJECTS:
        print(f"and {len(records) - MAX_OBJECTS} more")


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    return " ".join(f"{side:.0f}" for side in value) if isinstance(value, list | tuple) else f"{value:.4g}"


def _number(value: float) -> str:
    """Returns a value with four digits. Values below 1e-9 are rounding errors and shown as 0."""
    return f"{value if abs(value) > 1e-9 else 0:.4g}" if math.isfinite(value) else "-"
