"""Training, evaluation and prediction steps for one batch."""

import torch
from torch import Tensor

from opsin.nn.layers.activations import function
from opsin.runtime.training import TrainingNetwork

from .arrays import Batch, match_input_shape
from .compile_state import CompileState
from .layer_stack import LayerStack
from .missing import MODEL_FIX, MODEL_HOOKS, refuse_hooks
from .mixed_precision import autocast
from .moving_variance import NORMALIZATION


class TrainStep:
    """Runs a model on batches.

    Args:
        model: A built model.
        compiled: Optimizer, loss and metrics; None allows prediction only.
    """

    def __init__(self, model: LayerStack, compiled: CompileState | None = None) -> None:
        refuse_hooks(model, MODEL_HOOKS, MODEL_FIX)
        self.network, self.layers, self.compiled = model.network, model.layers, compiled
        self.fast = TrainingNetwork(self.network)
        self.device = next((value.device for value in model.weights), torch.device("cpu"))
        self.trained = [p for p in self.network.parameters() if p.requires_grad]
        self.regularized = [layer for layer in self.layers if layer.regularization_loss() is not None]

    def train(self, batch: Batch) -> None:
        """Updates the weights by one step, and the running loss and metrics."""
        assert self.compiled is not None
        x, y, weight = self._moved(batch)
        raw, y_pred = self.forward(x)
        loss = self._loss(y, raw, y_pred, weight)
        for parameter in self.trained:
            parameter.grad = None
        if self.trained:
            loss.backward()  # pyright: ignore[reportUnknownMemberType]
            stepped = [p for p in self.trained if p.grad is not None]
            self.compiled.optimizer.apply([p.grad for p in stepped if p.grad is not None], stepped)
        self._record(loss, y, y_pred, weight)

    @torch.no_grad()
    def test(self, batch: Batch) -> None:
        """Updates the running loss and metrics."""
        x, y, weight = self._moved(batch)
        raw, y_pred = self.forward(x)
        self._record(self._loss(y, raw, y_pred, weight), y, y_pred, weight)

    @torch.no_grad()
    def predict(self, x: Tensor) -> Tensor:
        """Returns the outputs (n, ...), channels last, on the CPU."""
        return self.forward(x.to(self.device))[1].cpu()

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Returns logits and outputs (n, ...), channels last, float32."""
        x = match_input_shape(x, self.network.input_shape, self.network.name).float().movedim(-1, 1)
        with autocast(self.device):
            raw = self.fast.logits(x).float()
        y_pred = function(self.network.final_activation)(raw)
        return raw.movedim(1, -1), y_pred.movedim(1, -1)

    def training_mode(self) -> None:
        """Sets training mode. Frozen normalization layers keep using their moving averages."""
        self.network.train()
        frozen = [layer.module for layer in self.layers if not layer.trainable and layer.module is not None]
        modules = [module for layer in frozen for module in layer.modules()]
        modules += [module for module in self.network.modules() if _is_frozen(module)]
        for module in modules:
            if isinstance(module, NORMALIZATION):
                module.eval()

    def _moved(self, batch: Batch) -> Batch:
        x, y, weight = batch
        moved = (None if t is None else t.to(self.device, non_blocking=True) for t in (x, y, weight))
        x, y, weight = moved
        assert x is not None
        return (
            x,
            y.float() if y is not None and y.is_floating_point() else y,
            None if weight is None else weight.float(),
        )

    def _loss(self, y: Tensor | None, raw: Tensor, y_pred: Tensor, weight: Tensor | None) -> Tensor:
        assert self.compiled is not None
        loss = self.compiled.batch_loss(y, raw, y_pred, weight, self.network.final_activation)
        for layer in self.regularized:
            penalty = layer.regularization_loss()
            loss = loss if penalty is None else loss + penalty
        return loss

    def _record(self, loss: Tensor, y: Tensor | None, y_pred: Tensor, weight: Tensor | None) -> None:
        if self.compiled is not None and y is not None:
            self.compiled.record(loss, y, y_pred.detach(), weight, len(y_pred))


def _is_frozen(module: torch.nn.Module) -> bool:
    own = list(module.parameters())
    return bool(own) and not any(parameter.requires_grad for parameter in own)
