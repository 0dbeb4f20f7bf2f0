"""Callbacks that monitor a loss or metric: early stopping and learning rate reduction."""

import warnings
from collections.abc import Sequence

from opsin.core import OpsinError

from .callback import Callback, Logs


class Monitor(Callback):
    """Base class of callbacks that monitor a loss or metric.

    Args:
        monitor: Name of the loss or metric, such as "val_loss".
        mode: "min" or "max" is better; "auto" uses the direction of the metric.
        baseline: First value to improve.
        min_delta: Minimum change that counts as an improvement.
    """

    def __init__(
        self, monitor: str = "val_loss", mode: str = "auto", baseline: float | None = None, min_delta: float = 0
    ) -> None:
        super().__init__()
        label = type(self).__name__
        if mode not in ("auto", "min", "max"):
            raise OpsinError(f"{label} got mode={mode!r}. Expected 'auto', 'min' or 'max'.")
        self.monitor, self.mode, self.min_delta = monitor, mode, abs(min_delta)
        self.best: float | None = baseline
        self.direction = {"min": -1, "max": 1}.get(mode, 0)

    def improved(self, value: float, reference: float | None) -> bool:
        """Returns True if a value is better than the reference by more than `min_delta`."""
        if not self.direction:
            self.direction = self._infer_direction()
        if reference is None:
            return True
        return (value - reference) * self.direction > self.min_delta

    def current(self, logs: Logs) -> float | None:
        """Returns the monitored value of the logs; None, with a warning, if it is missing."""
        value = (logs or {}).get(self.monitor)
        if value is None:
            warnings.warn(
                f"{type(self).__name__} monitors {self.monitor!r}, which is missing. "
                f"Expected one of {', '.join(logs or {})}.",
                stacklevel=3,
            )
        return value

    def _infer_direction(self) -> int:
        name = self.monitor.removeprefix("val_")
        if name == "loss":
            return -1
        directions: Sequence[str | None] = [m.better for m in self.model.metrics if m.name == name]
        if not directions or directions[0] is None:
            raise OpsinError(
                f"{type(self).__name__} cannot infer the direction of {self.monitor!r}. Fix: mode='max' or mode='min'."
            )
        return 1 if directions[0] == "up" else -1


class EarlyStopping(Monitor):
    """Stops training if a loss or metric has not improved for several epochs.

    Args:
        monitor: Name of the loss or metric, such as "val_loss".
        min_delta: Minimum change that counts as an improvement.
        patience: Number of epochs without improvement before training stops.
        verbose: 1 prints a line when training stops.
        mode: "min" or "max" is better; "auto" uses the direction of the metric.
        baseline: Value that has to be reached; epochs that do not reach it count as no improvement.
        restore_best_weights: Restore the weights of the best epoch at the end.
        start_from_epoch: First epoch that is monitored.
    """

    def __init__(
        self, monitor: str = "val_loss", min_delta: float = 0, patience: int = 0, verbose: int = 0, mode: str = "auto",
        baseline: float | None = None, restore_best_weights: bool = False, start_from_epoch: int = 0,
    ) -> None:  # fmt: skip
        super().__init__(monitor, mode, min_delta=min_delta)
        self.patience, self.verbose, self.baseline = patience, verbose, baseline
        self.restore_best_weights, self.start_from_epoch = restore_best_weights, start_from_epoch
        self.on_train_begin()

    def on_train_begin(self, logs: Logs = None) -> None:
        self.wait = self.stopped_epoch = self.best_epoch = 0
        self.best, self.best_weights = None, None

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        current = self.current(logs)
        if current is None or epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            self.best_weights, self.best_epoch = self.model.get_weights(), epoch
        self.wait += 1
        if self.improved(current, self.best):
            self.best, self.best_epoch = current, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self.improved(current, self.baseline):
                self.wait = 0
            return
        if self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs = None) -> None:
        if self.stopped_epoch > 0 and self.verbose > 0:
            print(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.restore_best_weights and self.best_weights is not None:
            if self.verbose > 0:
                print(f"Restoring model weights from the end of the best epoch: {self.best_epoch + 1}.")
            self.model.set_weights(self.best_weights)


class ReduceLROnPlateau(Monitor):
    """Reduces the learning rate if a loss or metric has not improved for several epochs.

    Args:
        monitor: Name of the loss or metric, such as "val_loss".
        factor: The learning rate is multiplied by this factor.
        patience: Number of epochs without improvement before the learning rate is reduced.
        verbose: 1 prints a line for each reduction.
        mode: "min" or "max" is better; "auto" uses the direction of the metric.
        min_delta: Minimum change that counts as an improvement.
        cooldown: Number of epochs after a reduction in which `patience` does not count.
        min_lr: Minimum learning rate.
    """

    def __init__(
        self, monitor: str = "val_loss", factor: float = 0.1, patience: int = 10, verbose: int = 0, mode: str = "auto",
        min_delta: float = 1e-4, cooldown: int = 0, min_lr: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__(monitor, mode, min_delta=min_delta)
        if not 0 <= factor < 1:
            raise OpsinError(f"ReduceLROnPlateau got factor={factor!r}. Expected a number of at least 0 and below 1.")
        self.factor, self.patience, self.verbose = factor, patience, verbose
        self.cooldown, self.min_lr = cooldown, min_lr
        self.on_train_begin()

    def on_train_begin(self, logs: Logs = None) -> None:
        self.best, self.cooldown_counter, self.wait = None, 0, 0

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        optimizer = self.model.optimizer
        if logs is not None:
            logs["learning_rate"] = optimizer.learning_rate
        current = self.current(logs)
        if current is None:
            return
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.wait = 0
        if self.improved(current, self.best):
            self.best, self.wait = current, 0
        elif self.cooldown_counter <= 0:
            self.wait += 1
            if self.wait >= self.patience and optimizer.learning_rate > self.min_lr:
                optimizer.learning_rate = max(optimizer.learning_rate * self.factor, self.min_lr)
                if self.verbose > 0:
                    rate = optimizer.learning_rate
                    print(f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing learning rate to {rate}.")
                self.cooldown_counter, self.wait = self.cooldown, 0
