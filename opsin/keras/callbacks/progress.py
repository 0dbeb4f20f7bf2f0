"""What is printed while training goes on: a bar for each epoch, or a line, as Keras prints them."""

import math
import sys
import time
from typing import Any

import numpy as np

from opsin.core import OpsinError

from ..console import say
from .callback import Callback, Logs

_WIDTH, _INTERVAL = 20, 0.05


def verbosity(verbose: Any) -> int:
    """What `verbose` says, as 0, 1 or 2; OpsinError for anything else."""
    level = {"auto": 1, True: 1, False: 0}.get(verbose, verbose)
    if level not in (0, 1, 2):
        raise OpsinError(f"verbose is {verbose!r}; expected 'auto', 0, 1 or 2")
    return int(level)


class ProgressBar(Callback):
    """verbose=1: a bar that moves, where standard output is a terminal; 2: one line an epoch; 0: nothing."""

    def __init__(self, verbose: int, steps: int | None, epochs: int = 1) -> None:
        super().__init__()
        self.verbose, self.steps, self.epochs = verbose, steps, epochs
        self.moves = verbose == 1 and sys.stdout.isatty()
        self.shown = 0
        self.begin()

    def begin(self) -> None:
        """Starts a bar."""
        self.started = self.first = time.monotonic()
        self.last, self.done = 0.0, 0

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self.begin()
        if self.verbose and self.epochs > 1:
            print(f"Epoch {epoch + 1}/{self.epochs}")

    def due(self) -> bool:
        """Whether the bar moves now, so that its numbers are worth computing."""
        self.done += 1
        if self.done == 1:
            self.first = time.monotonic()
        return self.moves and time.monotonic() - self.last >= _INTERVAL

    def update(self, logs: dict[str, float], end: bool = False) -> None:
        """Draws the bar, or at the end of an epoch the line."""
        if not self.verbose or (not end and not self.moves):
            return
        if end and self.steps is None:
            self.steps = self.done
        text = _bar(self.done, self.steps, self.verbose == 1, self.moves)
        took, each = time.monotonic() - self.started, self._seconds_a_step()
        text += f"- {took:.0f}s - {_step_text(each)}" if self.verbose == 2 else ""
        if self.verbose == 1:
            left = took if end or self.steps is None else each * (self.steps - self.done)
            text += f"{_clock(left) if not end else f'{took:.0f}s'} {_step_text(each)}"
        text += "".join(f" - {name}: {_number(value)}" for name, value in logs.items())
        if self.moves:
            say("\r" + text + " " * max(0, self.shown - len(text)), end="\n" if end else "")
            self.shown = 0 if end else len(text)
        else:
            say(text)
        self.last = time.monotonic()

    def leave(self) -> None:
        """Ends the line of a bar that stops halfway, so that what is printed next has its own."""
        if self.shown:
            say("")
            self.shown = 0

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self.update(logs or {}, end=True)

    def _seconds_a_step(self) -> float:
        """Without the first step, which is slower than the others."""
        now = time.monotonic()
        return (now - self.first) / (self.done - 1) if self.done > 1 else now - self.started


def _bar(done: int, steps: int | None, drawn: bool, moves: bool) -> str:
    if not steps:
        return f"{done:7d}/Unknown "
    count = f"{done:{int(math.log10(steps)) + 1}d}/{steps} "
    if not drawn:
        return count
    full = int(_WIDTH * done / steps)
    if not moves:
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
