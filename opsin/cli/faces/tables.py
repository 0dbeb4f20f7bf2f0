"""Tables of faces and verdicts on stdout, and the gallery's passphrase from the environment."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opsin.faces import Gallery, Verdict


def print_table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints rows under their titles."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    for title in titles:
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*row)
    Console(highlight=False, markup=False, emoji=False).print(table)


def short(path: Path) -> str:
    """Returns the last folder and the name of a file."""
    return "/".join(path.parts[-2:])


def people(count: int) -> str:
    """Returns a number of people.

    Examples:
        >>> people(1), people(20)
        ('1 person', '20 people')
    """
    return f"{count:,} {'person' if count == 1 else 'people'}"


def rate(value: float) -> str:
    """Returns a rate with two digits.

    Examples:
        >>> rate(0.00123), rate(0.5), rate(1e-5)
        ('0.0012', '0.5', '1e-05')
    """
    return f"{value:.2g}"


def print_verdict(verdict: "Verdict") -> None:
    """Prints a verdict in three lines."""
    print(verdict.decision)
    if verdict.distance is not None and verdict.false_match_rate is not None:
        low, high = verdict.low or 0.0, verdict.high or 0.0
        print(f"distance {verdict.distance:.3f}, threshold {verdict.threshold:.3f}")
        print(
            f"{rate(verdict.false_match_rate)} of pairs of different people are this near "
            f"(90 % interval {rate(low)} to {rate(high)}, {verdict.people:,} people)"
        )
    for problem in verdict.problems:
        print(f"note    a face is {problem}")


def open_gallery(path: Path) -> "Gallery":
    """Returns a gallery of the packaged network, decrypted with OPSIN_PASSPHRASE where it is encrypted."""
    from opsin.faces import EMBEDDING_DIGEST, read_gallery

    return read_gallery(path, EMBEDDING_DIGEST, passphrase())


def passphrase() -> str | None:
    """Returns the passphrase from the environment variable OPSIN_PASSPHRASE, or None."""
    return os.environ.get("OPSIN_PASSPHRASE")
