"""What a callback is: hooks that fit, evaluate and predict call on their way."""

from collections.abc import Callable
from typing import Any

from opsin.core import OpsinError

Logs = dict[str, Any] | None
Hook = Callable[..., Any] | None


class Callback:
    """Base of all callbacks; your own overrides the hooks it needs. `model` and `params` are set before the first."""

    def __init__(self) -> None:
        self.params: dict[str, Any] | None = None
        self._model: Any = None

    @property
    def model(self) -> Any:
        """The model at work."""
        return self._model

    def set_params(self, params: dict[str, Any]) -> None:
        """Says epochs, steps and verbosity."""
        self.params = params

    def set_model(self, model: Any) -> None:
        """Says the model at work."""
        self._model = model

    def on_train_begin(self, logs: Logs = None) -> None:
        """Before the first epoch."""

    def on_train_end(self, logs: Logs = None) -> None:
        """After the last epoch, with its logs."""

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Before an epoch; they count from 0."""

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """After an epoch and its validation, with both's loss and metrics."""

    def on_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Before a training batch."""

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        """After a training batch, with loss and metrics since the epoch's start."""

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Before a training batch."""
        self.on_batch_begin(batch, logs=logs)

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """After a training batch, with loss and metrics since the epoch's start."""
        self.on_batch_end(batch, logs=logs)

    def on_test_begin(self, logs: Logs = None) -> None:
        """Before a validation or evaluation."""

    def on_test_end(self, logs: Logs = None) -> None:
        """After a validation or evaluation, with its loss and metrics."""

    def on_test_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Before a batch of validation."""

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:
        """After a batch of validation."""

    def on_predict_begin(self, logs: Logs = None) -> None:
        """Before predict."""

    def on_predict_end(self, logs: Logs = None) -> None:
        """After predict."""

    def on_predict_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Before a batch of predict."""

    def on_predict_batch_end(self, batch: int, logs: Logs = None) -> None:
        """After a batch of predict."""


class LambdaCallback(Callback):
    """Functions as hooks: `LambdaCallback(on_epoch_end=lambda epoch, logs: print(logs))`.

    Raises OpsinError for a hook that callbacks do not have.
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
                hooks = ", ".join(one for one in vars(Callback) if one.startswith("on_"))
                raise OpsinError(f"LambdaCallback has no hook {name!r}; expected one of {hooks}")
            if hook is not None:
                setattr(self, name, hook)
