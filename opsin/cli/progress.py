"""Long work on stderr: a bar with the time left on a terminal, a plain line now and then elsewhere."""

import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

LINE_SECONDS = 10.0


class Reporter(Protocol):
    """Hears how far work is (`opsin.core.Progress`), and what else there is to say."""

    def __call__(self, stage: str, done: float, total: float, note: str = "") -> None: ...

    def say(self, line: str) -> None:
        """Shows a line that stays."""
        ...


@contextmanager
def reporting() -> Generator[Reporter]:
    """A reporter on stderr for the length of the block."""
    if not sys.stderr.isatty():
        yield Lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description:>14}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(elapsed_when_finished=True),
        TextColumn("{task.fields[note]}", markup=False),
    )
    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    with Progress(*columns, console=console, refresh_per_second=4) as bar:
        yield Bars(bar)


class Bars:
    """A bar for each stage of the work."""

    def __init__(self, bar: "Bar") -> None:
        self.bar = bar
        self.tasks: dict[str, TaskID] = {}

    def __call__(self, stage: str, done: float, total: float, note: str = "") -> None:
        """Moves the bar of the stage, which appears when it is first heard of."""
        if stage not in self.tasks:
            self.tasks[stage] = self.bar.add_task(stage, total=total, note="")
        self.bar.update(self.tasks[stage], completed=done, total=total, note=note)

    def say(self, line: str) -> None:
        """Prints a line above the bars."""
        self.bar.console.print(line, soft_wrap=True)


class Lines:
    """A line at most every ten seconds, so that a log stays short."""

    def __init__(self) -> None:
        self.begun: dict[str, tuple[float, float]] = {}
        self.told = time.monotonic()

    def __call__(self, stage: str, done: float, total: float, note: str = "") -> None:
        """Prints how far the stage is and how long it may still take, when it is time for a line."""
        now = time.monotonic()
        share = done / total if total else 1.0
        begun, first = self.begun.setdefault(stage, (now, share))  # a stage may be left and come back to
        if now - self.told < LINE_SECONDS:
            return
        self.told = now
        text = f"{stage} {share:.0%}"
        if first < share < 1:
            minutes, seconds = divmod(round((now - begun) * (1 - share) / (share - first)), 60)
            text += f", {minutes} min {seconds:02} s left"
        self.say(f"{text}, {note}" if note else text)

    def say(self, line: str) -> None:
        """Prints a line."""
        print(line, file=sys.stderr, flush=True)
