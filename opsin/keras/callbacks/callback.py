"""Base class of callbacks: hooks that fit, evaluate and predict call."""

from collections.abc import Callable
from typing import Any

from opsin.core import OpsinError

Logs = dict[str, Any] | None
Hook = Callable[..., Any] | None


class Callback:
    """Base class of all callbacks. A subclass overrides the hooks it needs.

    Attributes:
        model: The model that is trained, evaluated or used. Set before the first hook.
        params: "epochs", "steps" and "verbose". Set before the first hook.
    """

    def __init__(self) -> None:
        self.params: dict[str, Any] | None = None
        self._model: Any = None

    @property
    def model(self) -> Any:
        """The model that is trained, evaluated or used."""
        return self._model

    def set_params(self, params: dict[str, Any]) -> None:
        """Sets `params`."""
        self.params = params

    def set_model(self, model: Any) -> None:
        """Sets `model`."""
        self._model = model

    def on_train_begin(self, logs: Logs = None) -> None:
        """Called before the first epoch."""

    def on_train_end(self, logs: Logs = None) -> None:
        """Called after the last epoch, with its logs."""

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Called before an epoch. Epochs count from 0."""

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Called after an epoch and its validation, with the loss and metrics of both."""

    def on_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Called before a training batch."""

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Called after a training batch, with loss and metrics since the start of the epoch."""

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Called before a training batch."""
        self.on_batch_begin(batch, logs=logs)

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Called after a training batch, with loss and metrics since the start of the epoch."""
        self.on_batch_end(batch, logs=logs)

    def on_test_begin(self, logs: Logs = None) -> None:
        """Called before a validation or evaluation."""

    def on_test_end(self, logs: Logs = None) -> None:
        """Called after a validation or evaluation, with its loss and metrics."""

    def on_test_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Called before a validation batch."""

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Called after a validation batch."""

    def on_predict_begin(self, logs: Logs = None) -> None:
        """Called before predict."""

    def on_predict_end(self, logs: Logs = None) -> None:
        """Called after predict."""

    def on_predict_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Called before a batch of predict."""

    def on_predict_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Called after a batch of predict."""


class LambdaCallback(Callback):
    """Callback with functions as hooks: `LambdaCallback(on_epoch_end=lambda epoch, logs: print(logs))`.

    Args:
        on_epoch_begin: Called with (epoch, logs) before an epoch.
        on_epoch_end: Called with (epoch, logs) after an epoch.
        on_train_begin: Called with (logs) before training.
        on_train_end: Called with (logs) after training.
        on_train_batch_begin: Called with (batch, logs) before a training batch.
        on_train_batch_end: Called with (batch, logs) after a training batch.
        more: Other hooks of `Callback`, by name.

    Raises:
        OpsinError: A hook does not exist.
    """

    def __init__(
        self, on_epoch_begin: Hook = None, on_epoch_end: Hook = None, on_train_begin: Hook = None,
        on_train_end: Hook = None, on_train_batch_begin: Hook = None, on_train_batch_end: Hook = None, **more: Hook,
    ) -> None:  # fmt: skip
        super().__init__()
        named = {"on_epoch_begin": on_epoch_begin, "on_epoch_end": on_epoch_end, "on_train_begin": on_train_begin,
                 "on_train_end": on_train_end, "on_train_batch_begin": on_train_batch_begin,
                 "on_train_batch_end": on_train_batch_end, **more}  # fmt: skip
        for name, hook in named.items():
            if not name.startswith("on_") or not hasattr(Callback, name):
                hooks = ", ".join(hook for hook in vars(Callback) if hook.startswith("on_"))
                raise OpsinError(f"LambdaCallback has no hook {name!r}. Expected one of {hooks}.")
            if hook is not None:
                setattr(self, name, hook)
