"""A layer stack with an optimizer, a loss and metrics."""

# Shows the short names of types in signatures.
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from opsin.core import OpsinError

from .compile_state import CompileState, LossLike, MetricLike, OptimizerLike
from .layer_stack import LayerStack
from .metrics.metric import Metric
from .optimizers.optimizer import Optimizer


class Compilable(LayerStack):
    """Layers that can be compiled with an optimizer, a loss and metrics."""

    compile_state: CompileState | None = None

    def compile(
        self, optimizer: OptimizerLike = "rmsprop", loss: LossLike | Sequence[LossLike] | None = None,
        loss_weights: None = None, metrics: Sequence[MetricLike] | Mapping[str, MetricLike] | None = None,
        weighted_metrics: Sequence[MetricLike] | Mapping[str, MetricLike] | None = None, run_eagerly: bool = False,
        steps_per_execution: int = 1, jit_compile: bool | str = "auto", auto_scale_loss: bool = True,
    ) -> None:  # fmt: skip
        """Sets optimizer, loss and metrics.

        Args:
            optimizer: Name such as "adam", or an object of keras.optimizers.
            loss: Name such as "mse", an object of keras.losses, or a function of (y_true, y_pred).
            loss_weights: Not supported; must be None.
            metrics: Names, objects of keras.metrics, or functions of (y_true, y_pred).
            weighted_metrics: Metrics that use the sample weights.
            run_eagerly: Accepted, without effect.
            steps_per_execution: Accepted, without effect.
            jit_compile: Accepted, without effect.
            auto_scale_loss: Accepted, without effect.

        Raises:
            OpsinError: A name or an object is unknown, or loss_weights is given.
        """
        if loss_weights is not None:
            raise OpsinError(f"loss_weights is {loss_weights!r}. Expected None: the model has one output and one loss.")
        self.compile_state = CompileState(optimizer, loss, metrics, weighted_metrics)

    @property
    def compiled(self) -> bool:
        """True after `compile`."""
        return self.compile_state is not None

    @property
    def optimizer(self) -> Optimizer | None:
        """The optimizer, or None before `compile`."""
        return None if self.compile_state is None else self.compile_state.optimizer

    @property
    def loss(self) -> Any:
        """The `loss` argument of `compile`, or None."""
        return None if self.compile_state is None else self.compile_state.loss_argument

    @property
    def metrics(self) -> list[Metric]:
        """The mean loss, followed by the metrics. Metrics are created with the first batch."""
        if self.compile_state is None:
            return []
        return [self.compile_state.mean_loss, *(metric for metric, _ in self.compile_state.metrics)]

    @property
    def metrics_names(self) -> list[str]:
        """Names of loss and metrics, in the order of `evaluate`."""
        return [metric.name for metric in self.metrics]

    def require_compiled(self, method: str) -> CompileState:
        """Returns optimizer, loss and metrics. Raises OpsinError, which names the method, before `compile`."""
        if self.compile_state is None:
            raise OpsinError(
                f"{self.name} is not compiled. Fix: before {method}, call model.compile(optimizer='adam', loss=...)."
            )
        return self.compile_state
