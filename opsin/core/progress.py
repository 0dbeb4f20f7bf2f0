"""Progress callback protocol."""

from typing import Protocol


class Progress(Protocol):
    """A callback that receives the progress of a long operation. It is called often and must be fast."""

    def __call__(self, stage: str, done: float, total: float, note: str = "") -> None:
        """Receives one progress update.

        Args:
            stage: Name of the current stage.
            done: Completed amount of work, from 0 to `total`.
            total: Total amount of work of the stage.
            note: Short status text, such as the current loss.
        """
        ...


def silent(stage: str, done: float, total: float, note: str = "") -> None:
    """Ignores all progress updates. The default callback."""


def silent_line(line: str) -> None:
    """Ignores a line of text. The default callback."""
