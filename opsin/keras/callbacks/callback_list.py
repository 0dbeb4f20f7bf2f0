"""The callbacks of one fit, called together; numbers are computed only for those that look at them."""

from collections.abc import Callable, Iterable
from typing import Any

from opsin.core import OpsinError

from .callback import Callback
from .progress import ProgressBar


class CallbackList:
    """Callbacks in order, and the progress bar."""

    def __init__(self, callbacks: Any, model: Any, bar: ProgressBar | None, params: dict[str, Any]) -> None:
        self.callbacks = listed(callbacks)
        self.bar = bar
        for callback in self.callbacks:
            callback.set_params(params)
            callback.set_model(model)
        self.look_at_batches = [callback for callback in self.callbacks if _looks_at_batches(callback)]

    def call(self, hook: str, *given: Any) -> None:
        """Calls one hook of all, the bar's last."""
        for callback in (*self.callbacks, *([self.bar] if self.bar else [])):
            getattr(callback, hook)(*given)

    def batch_begin(self, kind: str, batch: int) -> None:
        """Calls on_train_batch_begin and its like."""
        for callback in self.look_at_batches:
            getattr(callback, f"on_{kind}_batch_begin")(batch, {})

    def batch_end(self, kind: str, batch: int, results: Callable[[], dict[str, float]]) -> None:
        """Calls on_train_batch_end and its like, with results only if anyone looks at them."""
        due = self.bar is not None and self.bar.due()
        logs = results() if due or self.look_at_batches else {}
        for callback in self.look_at_batches:
            getattr(callback, f"on_{kind}_batch_end")(batch, dict(logs))
        if due and self.bar is not None:
            self.bar.update(logs)


def listed(callbacks: Any) -> list[Callback]:
    """One callback, several or None as a list; OpsinError for what is no callback."""
    given: Iterable[Any] = callbacks if isinstance(callbacks, list | tuple) else [callbacks]
    found = [] if callbacks is None else list(given)
    for one in found:
        if not isinstance(one, Callback):
            raise OpsinError(f"callbacks holds {one!r}; expected objects of keras.callbacks")
    return found


def _looks_at_batches(callback: Callback) -> bool:
    names = [f"on_{kind}batch_{when}" for kind in ("", "train_", "test_", "predict_") for when in ("begin", "end")]
    own = vars(callback)
    return any(name in own or getattr(type(callback), name) is not getattr(Callback, name) for name in names)
