"""Ctrl-C (or a polite kill) ends a run after the step it is in, so that what is saved is whole."""

import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType


class Interrupted(KeyboardInterrupt):
    """The run was stopped by its owner; its checkpoint is saved and the message says how to go on."""


@contextmanager
def watch_for_interrupt() -> Generator[Callable[[], bool]]:
    """Gives a function that says whether a stop was asked for; a second Ctrl-C stops at once.

    Outside the main thread signals cannot be caught, and the function always says no.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    asked = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
