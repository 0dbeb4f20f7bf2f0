"""Callbacks that set the learning rate, log to a CSV file, or stop at an infinite or NaN loss."""

import csv
import math
import os
from collections.abc import Callable
from typing import Any, TextIO

from opsin.core import OpsinError

from .callback import Callback, Logs


class LearningRateScheduler(Callback):
    """Sets the learning rate before each epoch.

    Args:
        schedule: Called with (epoch, learning rate), or with (epoch). Returns the new learning rate.
        verbose: 1 prints a line for each epoch.
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        super().__init__()
        self.schedule, self.verbose = schedule, verbose

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        optimizer = self.model.optimizer
        try:
            rate: Any = self.schedule(epoch, optimizer.learning_rate)
        except TypeError:
            rate = self.schedule(epoch)
        if not isinstance(rate, float):
            raise OpsinError(f"The schedule of LearningRateScheduler returned {rate!r}. Expected a float.")
        optimizer.learning_rate = rate
        if self.verbose > 0:
            print(f"\nEpoch {epoch + 1}: LearningRateScheduler setting learning rate to {rate}.")

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        if logs is not None:
            logs["learning_rate"] = self.model.optimizer.learning_rate


class TerminateOnNaN(Callback):
    """Stops training if the loss is infinite or NaN.

    Args:
        raise_error: Raise RuntimeError instead of stopping.
    """

    def __init__(self, raise_error: bool = False) -> None:
        super().__init__()
        self.raise_error = raise_error

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        loss = (logs or {}).get("loss")
        if loss is None or math.isfinite(loss):
            return
        if self.raise_error:
            raise RuntimeError(
                f"The loss is {loss} at batch {batch}. Fix: try a smaller learning rate, or clipnorm=1.0."
            )
        print(f"Batch {batch}: Invalid loss, terminating training")
        self.model.stop_training = True


class CSVLogger(Callback):
    """Writes loss and metrics to a CSV file, one line per epoch.

    Args:
        filename: Path of the file.
        separator: Separator of the columns.
        append: Append to an existing file.

    Raises:
        OpsinError: The file cannot be written.
    """

    def __init__(self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False) -> None:
        super().__init__()
        self.filename, self.separator, self.append = os.fspath(filename), separator, append
        self.file: TextIO | None = None
        self.keys: list[str] = []

    def on_train_begin(self, logs: Logs = None) -> None:
        try:
            self.file = open(self.filename, "a" if self.append else "w", newline="", encoding="utf-8")  # noqa: SIM115
        except OSError as error:
            raise OpsinError(f"Writing {self.filename} failed: {error.strerror}. Fix: choose another path.") from error
        self.keys = []

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        if self.file is None:
            return
        logs = logs or {}
        writer = csv.writer(self.file, delimiter=self.separator)
        if not self.keys:
            self.keys = sorted(logs)
            if self.file.tell() == 0:
                writer.writerow(["epoch", *self.keys])
        writer.writerow([epoch, *(logs.get(key, "NA") for key in self.keys)])
        self.file.flush()

    def on_train_end(self, logs: Logs = None) -> None:
        if self.file is not None:
            self.file.close()
            self.file = None
