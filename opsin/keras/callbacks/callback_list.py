"""The callbacks of one run. Loss and metrics are computed only for callbacks that use them."""

from collections.abc import Callable, Iterable
from typing import Any

from opsin.core import OpsinError

from .callback import Callback
from .progress import ProgressBar


class CallbackList:
    """Calls the hooks of several callbacks in order, and of the progress bar.

    Args:
        callbacks: One or more callbacks, or None.
        model: Model of the run.
        bar: Progress bar, or None.
        params: "epochs", "steps" and "verbose".
    """

    def __init__(self, callbacks: Any, model: Any, bar: ProgressBar | None, params: dict[str, Any]) -> None:
        self.callbacks = as_list(callbacks)
        self.bar = bar
        for callback in self.callbacks:
            callback.set_params(params)
            callback.set_model(model)
        self.batch_callbacks = [callback for callback in self.callbacks if _has_batch_hooks(callback)]

    def call(self, hook: str, *given: Any) -> None:
        """Calls a hook of all callbacks; that of the progress bar last."""
        for callback in (*self.callbacks, *([self.bar] if self.bar else [])):
            getattr(callback, hook)(*given)

    def batch_begin(self, kind: str, batch: int) -> None:
        """Calls on_<kind>_batch_begin."""
        for callback in self.batch_callbacks:
            getattr(callback, f"on_{kind}_batch_begin")(batch, {})

    def batch_end(self, kind: str, batch: int, results: Callable[[], dict[str, float]]) -> None:
        """Calls on_<kind>_batch_end. `results` is called only if a callback or the progress bar uses them."""
        due = self.bar is not None and self.bar.due()
        logs = results() if due or self.batch_callbacks else {}
        for callback in self.batch_callbacks:
            getattr(callback, f"on_{kind}_batch_end")(batch, dict(logs))
        if due and self.bar is not None:
            self.bar.update(logs)


def as_list(callbacks: Any) -> list[Callback]:
    """Returns one callback, several or None as a list. Raises OpsinError for other objects."""
    given: Iterable[Any] = callbacks if isinstance(callbacks, list | tuple) else [callbacks]
    result = [] if callbacks is None else list(given)
    for callback in result:
        if not isinstance(callback, Callback):
            raise OpsinError(f"callbacks contains {callback!r}. Expected objects of keras.callbacks.")
    return result


def _has_batch_hooks(callback: Callback) -> bool:
    names = [f"on_{kind}batch_{when}" for kind in ("", "train_", "test_", "predict_") for when in ("begin", "end")]
    own = vars(callback)
    return any(name in own or getattr(type(callback), name) is not getattr(Callback, name) for name in names)
