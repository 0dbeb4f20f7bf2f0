"""A model that knows how it is trained and scored."""

# Signatures then show the short names of what they take.
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from opsin.core import OpsinError

from .compile_state import Compiled, LossLike, MetricLike, OptimizerLike
from .layer_stack import Structure
from .metrics.metric import Metric
from .optimizers.optimizer import Optimizer


class Compilable(Structure):
    """Layers with an optimizer, a loss and metrics, once `compile` gave them."""

    compiled_with: Compiled | None = None

    def compile(
        self, optimizer: OptimizerLike = "rmsprop", loss: LossLike | Sequence[LossLike] | None = None,
        loss_weights: None = None, metrics: Sequence[MetricLike] | Mapping[str, MetricLike] | None = None,
        weighted_metrics: Sequence[MetricLike] | Mapping[str, MetricLike] | None = None, run_eagerly: bool = False,
        steps_per_execution: int = 1, jit_compile: bool | str = "auto", auto_scale_loss: bool = True,
    ) -> None:  # fmt: skip
        """Says how to train: optimizer, loss and metrics by name or object. `run_eagerly` and later change nothing."""
        if loss_weights is not None:
            raise OpsinError(f"loss_weights is {loss_weights!r}; expected None, since there is one output and one loss")
        self.compiled_with = Compiled(optimizer, loss, metrics, weighted_metrics)

    @property
    def compiled(self) -> bool:
        """Whether `compile` was called."""
        return self.compiled_with is not None

    @property
    def optimizer(self) -> Optimizer | None:
        """What steps the weights."""
        return None if self.compiled_with is None else self.compiled_with.optimizer

    @property
    def loss(self) -> Any:
        """The loss as `compile` was given it."""
        return None if self.compiled_with is None else self.compiled_with.given_loss

    @property
    def metrics(self) -> list[Metric]:
        """The running loss and the metrics; those of `compile` from the first batch on."""
        if self.compiled_with is None:
            return []
        return [self.compiled_with.mean_loss, *(metric for metric, _ in self.compiled_with.metrics)]

    @property
    def metrics_names(self) -> list[str]:
        """The names in the order of `evaluate`."""
        return [metric.name for metric in self.metrics]

    def need_compiled(self, verb: str) -> Compiled:
        """What `compile` was told; OpsinError, which says to call it before `verb`, when it was not called."""
        if self.compiled_with is None:
            raise OpsinError(
                f"{self.name} is not compiled; before {verb}, call model.compile(optimizer='adam', loss=...)"
            )
        return self.compiled_with
