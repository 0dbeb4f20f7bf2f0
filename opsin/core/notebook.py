"""Progress and notes in notebooks: shown in the output of the cell, without arguments and without widgets."""

import inspect
import sys
import time
from collections.abc import Callable
from functools import wraps
from html import escape
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_UPDATE_SECONDS = 0.25
_STYLE = "font:13px/1.5 system-ui,sans-serif;max-height:20em;overflow:auto;overflow-wrap:anywhere"


def in_notebook() -> bool:
    """Returns True in a Jupyter kernel, such as those of JupyterLab, VS Code and Colab."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return hasattr(shell, "kernel")


def show_in_notebook(verb: Callable[P, R]) -> Callable[P, R]:
    """Returns a function that shows its progress and notes in a notebook, unless the caller passes own callbacks.

    Args:
        verb: Function with keyword-only arguments `progress`, `say` or both. Outside notebooks it is called as it is.
    """
    parameters = inspect.signature(verb).parameters.values()
    by_name = {one.name for one in parameters if one.kind is inspect.Parameter.KEYWORD_ONLY}
    callbacks = {"progress", "say"} & by_name

    @wraps(verb)
    def shown(*args: P.args, **kwargs: P.kwargs) -> R:
        missing = callbacks - set(kwargs)
        if not missing or not in_notebook():
            return verb(*args, **kwargs)
        cell = CellProgress()
        own: dict[str, Any] = {"progress": cell, "say": cell.say}
        kwargs.update({name: own[name] for name in missing})
        try:
            return verb(*args, **kwargs)
        finally:
            cell.show()

    return shown


class CellProgress:
    """Progress callback (`opsin.core.Progress`) that shows a bar per stage, and notes, in the output of the cell.

    The output is plain HTML that is updated in place: it stays in the saved notebook.
    """

    def __init__(self) -> None:
        self.stages: dict[str, _Stage] = {}
        self.lines: list[str] = []
        self._handle: Any = None
        self._shown_at = -_UPDATE_SECONDS

    def __call__(self, stage: str, done: float, total: float, note: str = "") -> None:
        """Updates the bar of a stage. The first call with a stage adds its bar."""
        self.stages.setdefault(stage, _Stage()).update(done, total, note)
        if time.monotonic() - self._shown_at >= _UPDATE_SECONDS:
            self.show()

    def say(self, line: str) -> None:
        """Adds a note below the bars."""
        self.lines.append(line)
        self.show()

    def show(self) -> None:
        """Shows the current state; nothing before the first update."""
        if not self.stages and not self.lines:
            return
        from IPython.display import display

        self._shown_at = time.monotonic()
        content = {"text/html": self.html(), "text/plain": self.text()}
        if self._handle is None:
            self._handle = display(content, raw=True, display_id=True)
        else:
            self._handle.update(content, raw=True)

    def text(self) -> str:
        """Returns the state as lines of text."""
        return "\n".join([*(f"{name} {stage.text()}" for name, stage in self.stages.items()), *self.lines])

    def html(self) -> str:
        """Returns the state as an HTML fragment. Colours are those of the notebook."""
        bars = "".join(
            f"<div>{escape(name)} <progress value='{stage.share:.3f}'></progress> {escape(stage.text())}</div>"
            for name, stage in self.stages.items()
        )
        notes = "".join(f"<div>{escape(line)}</div>" for line in self.lines)
        return f'<div class="opsin-progress" style="{_STYLE}">{bars}{notes}</div>'


class _Stage:
    """State of one stage: its share that is done, and the time left or taken."""

    def __init__(self) -> None:
        self.begun = time.monotonic()
        self.share, self.first_share, self.seconds, self.note = 0.0, None, 0.0, ""

    def update(self, done: float, total: float, note: str) -> None:
        self.share = min(1.0, max(0.0, done / total)) if total else 1.0
        if self.first_share is None:
            self.first_share = self.share
        self.seconds, self.note = time.monotonic() - self.begun, note

    def text(self) -> str:
        """Returns the share, the time left, or taken at the end, and the note."""
        text = f"{self.share:.0%}"
        if self.share == 1:
            text += f" in {_duration(self.seconds)}"
        elif self.first_share is not None and self.share > self.first_share:
            text += f", {_duration(self.seconds * (1 - self.share) / (self.share - self.first_share))} left"
        return f"{text}, {self.note}" if self.note else text


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
