"""Progress on stderr: bars with the time left on a terminal, otherwise a line every ten seconds."""

import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

LINE_SECONDS = 10.0
BAR_WIDTH = 8
"""Width of a bar in characters: leaves 42 of a terminal's 80 for the note."""


class Reporter(Protocol):
    """Progress callback (`opsin.core.Progress`) that can also print notes."""

    def __call__(self, stage: str, done: float, total: float, note: str = "") -> None: ...

    def say(self, line: str) -> None:
        """Prints a note."""
        ...


@contextmanager
def reporting() -> Generator[Reporter]:
    """Context manager that yields a reporter for stderr."""
    if not sys.stderr.isatty():
        yield Lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.table import Column

    columns = (
        TextColumn("{task.description:>14}", markup=False),
        BarColumn(bar_width=BAR_WIDTH),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
        TextColumn("{task.fields[note]}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis")),
    )
    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    with Progress(*columns, console=console, refresh_per_second=4) as bar:
        yield Bars(bar)


class Bars:
    """Reporter for a terminal: one bar per stage."""

    def __init__(self, bar: "Bar") -> None:
        self.bar = bar
        self.tasks: dict[str, TaskID] = {}

    def __call__(self, stage: str, done: float, total: float, note: str = "") -> None:
        """Updates the bar of a stage. The first call with a stage adds its bar."""
        if stage not in self.tasks:
            self.tasks[stage] = self.bar.add_task(stage, total=total, note="")
        self.bar.update(self.tasks[stage], completed=done, total=total, note=note)

    def say(self, line: str) -> None:
        """Prints a note above the bars."""
        self.bar.console.print(line, soft_wrap=True)


class Lines:
    """Reporter for logs: at most one line every `LINE_SECONDS` seconds."""

    def __init__(self) -> None:
        self.started: dict[str, tuple[float, float]] = {}
        self.last_line = time.monotonic()

    def __call__(self, stage: str, done: float, total: float, note: str = "") -> None:
        """Prints the completed share of a stage and the estimated time left, if a line is due."""
        now = time.monotonic()
        share = done / total if total else 1.0
        begun, first_share = self.started.setdefault(stage, (now, share))  # stages may alternate
        if now - self.last_line < LINE_SECONDS:
            return
        self.last_line = now
        text = f"{stage} {share:.0%}"
        if first_share < share < 1:
            minutes, seconds = divmod(round((now - begun) * (1 - share) / (share - first_share)), 60)
            text += f", {minutes} min {seconds:02} s left"
        self.say(f"{text}, {note}" if note else text)

    def say(self, line: str) -> None:
        """Prints a note."""
        print(line, file=sys.stderr, flush=True)
