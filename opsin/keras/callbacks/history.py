"""Callback that records loss and metrics."""

from .callback import Callback, Logs


class History(Callback):
    """Loss and metrics of each epoch. `fit` returns it.

    Attributes:
        history: List of values, one per epoch, for the loss and each metric by name.
        epoch: The epochs, counted from 0.
    """

    def __init__(self) -> None:
        super().__init__()
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []

    def on_train_begin(self, logs: Logs = None) -> None:
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self.epoch.append(epoch)
        for key, value in (logs or {}).items():
            self.history.setdefault(key, []).append(value)
        self.model.history = self
