"""One training step: forward, loss, backward, optimizer."""

import math

import torch
from torch import Tensor, nn

from opsin.core import choose_precision, derive
from opsin.data import Batch
from opsin.model import Model
from opsin.runtime.training import TrainingNetwork

from . import distributed
from .kernel_norms import NORMALIZATIONS
from .optimizer import Optimizer
from .recipe import Recipe


class Diverged(Exception):
    """The loss is not a finite number."""


class Stepper:
    """Training steps of a model's network.

    The random numbers of a step depend only on the seed, the number of the step and the rank.

    Args:
        model: The model to train.
        recipe: Hyperparameters.
        seed: Random seed of the run.
    """

    def __init__(self, model: Model, recipe: Recipe, seed: int) -> None:
        self.model, self.recipe, self.seed = model, recipe, seed
        self.network, self.fast = model.network, TrainingNetwork(model.network)
        self.device = next(self.network.parameters()).device
        self.precision = choose_precision(self.device)
        self.loss_weights = nn.ParameterDict(
            {name: nn.Parameter(value.to(self.device)) for name, value in model.task.loss_parameters(seed).items()}
        )
        self.optimizer = self.new_optimizer()
        kept = recipe.regularization.freeze_batch_norm
        self.fixed = [module for module in self.network.modules() if kept and isinstance(module, NORMALIZATIONS)]
        weights = recipe.class_weights
        self.class_weights = torch.tensor(weights, device=self.device) if weights else None

    def new_optimizer(self) -> Optimizer:
        """Returns an optimizer with empty state over the weights that are currently trainable."""
        decay = self.recipe.regularization.weight_decay
        return Optimizer(self.network, self.recipe.muon_lr, self.recipe.adamw_lr, decay, self.loss_weights)

    def step(self, batch: Batch, number: int, factor: float) -> float:
        """Trains on one batch.

        Args:
            batch: Images and encoded targets.
            number: Number of the step.
            factor: Factor on the learning rates.

        Returns:
            The loss.

        Raises:
            Diverged: The loss is not finite.
        """
        torch.manual_seed(derive(self.seed, "step", number, distributed.rank_and_world()[0]))
        self.network.train()
        for module in self.fixed:
            module.eval()
        images = self.model.preprocessing.normalize(batch.images.to(self.device))
        loss = self._loss(images, batch.targets.to(self.device))
        value = float(loss.detach())
        if not math.isfinite(distributed.from_rank0(value)):
            raise Diverged
        loss.backward()  # pyright: ignore[reportUnknownMemberType]
        distributed.all_reduce_gradients((*self.network.parameters(), *self.loss_weights.parameters()))
        self.optimizer.step(factor)
        return value

    def _loss(self, images: Tensor, targets: Tensor) -> Tensor:
        mixup = self.recipe.regularization.mixup
        if not mixup:
            return self._loss_of(self._forward(images), targets)
        share = float(torch.distributions.Beta(mixup, mixup).sample())
        partner = torch.randperm(len(images), device=self.device)
        logits = self._forward(images.lerp(images[partner], 1 - share))
        return share * self._loss_of(logits, targets) + (1 - share) * self._loss_of(logits, targets[partner])

    def _loss_of(self, logits: Tensor, targets: Tensor) -> Tensor:
        smoothing = self.recipe.regularization.label_smoothing
        return self.model.task.loss(
            logits, targets, smoothing=smoothing, weights=self.class_weights, parameters=dict(self.loss_weights.items())
        ).mean()

    def _forward(self, images: Tensor) -> Tensor:
        with torch.autocast(self.device.type, self.precision, enabled=self.precision != torch.float32):
            return self.fast.logits(images).float()
