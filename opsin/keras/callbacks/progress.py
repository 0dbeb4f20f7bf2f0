"""Progress of training on standard output: a bar or a line per epoch, in Keras's format."""

import math
import sys
import time
from typing import Any

import numpy as np

from opsin.core import OpsinError

from ..console import print_safely
from .callback import Callback, Logs

_WIDTH, _INTERVAL = 20, 0.05


def verbosity(verbose: Any) -> int:
    """Returns `verbose` as 0, 1 or 2. Raises OpsinError for other values."""
    level = {"auto": 1, True: 1, False: 0}.get(verbose, verbose)
    if level not in (0, 1, 2):
        raise OpsinError(f"verbose is {verbose!r}. Expected 'auto', 0, 1 or 2.")
    return int(level)


class ProgressBar(Callback):
    """Prints the progress of each epoch.

    Args:
        verbose: 0 nothing; 1 a moving bar on a terminal, otherwise one line per epoch; 2 one line per epoch.
        steps: Batches per epoch, or None if unknown.
        epochs: Number of epochs.
    """

    def __init__(self, verbose: int, steps: int | None, epochs: int = 1) -> None:
        super().__init__()
        self.verbose, self.steps, self.epochs = verbose, steps, epochs
        self.animated = verbose == 1 and sys.stdout.isatty()
        self.shown = 0
        self.begin()

    def begin(self) -> None:
        """Starts the bar of an epoch."""
        self.started = self.first = time.monotonic()
        self.last, self.done = 0.0, 0

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self.begin()
        if self.verbose and self.epochs > 1:
            print(f"Epoch {epoch + 1}/{self.epochs}")

    def due(self) -> bool:
        """Counts a batch. Returns True if the bar is to be redrawn now."""
        self.done += 1
        if self.done == 1:
            self.first = time.monotonic()
        return self.animated and time.monotonic() - self.last >= _INTERVAL

    def update(self, logs: dict[str, float], end: bool = False) -> None:
        """Draws the bar, or the line at the end of an epoch."""
        if not self.verbose or (not end and not self.animated):
            return
        if end and self.steps is None:
            self.steps = self.done
        text = _bar(self.done, self.steps, self.verbose == 1, self.animated)
        elapsed, per_step = time.monotonic() - self.started, self._seconds_per_step()
        text += f"- {elapsed:.0f}s - {_step_text(per_step)}" if self.verbose == 2 else ""
        if self.verbose == 1:
            left = elapsed if end or self.steps is None else per_step * (self.steps - self.done)
            text += f"{_clock(left) if not end else f'{elapsed:.0f}s'} {_step_text(per_step)}"
        text += "".join(f" - {name}: {_number(value)}" for name, value in logs.items())
        if self.animated:
            print_safely("\r" + text + " " * max(0, self.shown - len(text)), end="\n" if end else "")
            self.shown = 0 if end else len(text)
        else:
            print_safely(text)
        self.last = time.monotonic()

    def close(self) -> None:
        """Ends the line of an unfinished bar."""
        if self.shown:
            print_safely("")
            self.shown = 0

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self.update(logs or {}, end=True)

    def _seconds_per_step(self) -> float:
        """Returns the mean time of a step, without the first one, which is slower."""
        now = time.monotonic()
        return (now - self.first) / (self.done - 1) if self.done > 1 else now - self.started


def _bar(done: int, steps: int | None, bar: bool, animated: bool) -> str:
    if not steps:
        return f"{done:7d}/Unknown "
    count = f"{done:{int(math.log10(steps)) + 1}d}/{steps} "
    if not bar:
        return count
    full = int(_WIDTH * done / steps)
    if not animated:
        return count + "━" * _WIDTH + " "
    return f"\x1b[1m{count}\x1b[0m\x1b[32m{'━' * full}\x1b[0m\x1b[37m{'━' * (_WIDTH - full)}\x1b[0m "


def _clock(seconds: float) -> str:
    if seconds > 3600:
        return f"{seconds // 3600:.0f}:{seconds % 3600 // 60:02.0f}:{seconds % 60 // 1:02.0f}"
    return f"{seconds // 60:.0f}:{seconds % 60 // 1:02.0f}" if seconds > 60 else f"{seconds // 1:.0f}s"


def _step_text(seconds: float) -> str:
    if seconds >= 1 or seconds == 0:
        return f"{seconds:.0f}s/step"
    return f"{seconds * 1e3:.0f}ms/step" if seconds >= 1e-3 else f"{seconds * 1e6:.0f}us/step"


def _number(value: float) -> str:
    return f"{value:.4f}" if abs(float(np.float32(value))) > 1e-3 else f"{value:.4e}"
