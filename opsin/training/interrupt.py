"""Interruption of a run: Ctrl-C or SIGTERM ends it after the current step, with a complete checkpoint."""

import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType


class Interrupted(KeyboardInterrupt):
    """The run was interrupted by the user; its checkpoint is saved and the message names the command to resume."""

    def _render_traceback_(self) -> list[str]:
        """Returns the lines that IPython shows instead of a traceback."""
        return [f"{type(self).__name__}: {self}"]


@contextmanager
def watch_for_interrupt() -> Generator[Callable[[], bool]]:
    """Catches SIGINT and SIGTERM; a second signal raises KeyboardInterrupt at once.

    Yields:
        A function that returns True once a signal has arrived. Outside the main thread signals cannot be caught, and
        it always returns False.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    interrupted = threading.Event()

    def handle(number: int, frame: FrameType | None) -> None:
        if interrupted.is_set():
            raise KeyboardInterrupt
        interrupted.set()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interrupted.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
