"""Default recipes, from what measured best on validation splits (docs/LOG.md)."""

from dataclasses import dataclass, replace

from opsin.data import Augmentation
from opsin.tasks import Task
from opsin.training import Recipe, Regularization

PATIENCE = 15
"""Validations without a better score that end a run; a run has at most fifty."""
FINE_TUNING_MUON_LR, FINE_TUNING_ADAMW_LR = 0.01, 5e-4
"""Learning rates of `Recipe` for pretrained weights."""
FEW_STEPS = 130
"""With so few steps or fewer, small batches take the full learning rate too."""
PRETRAINED_BATCH_PIXELS = 2**20 + 2**18
"""Pixels in a batch for pretrained weights, whose deep networks keep many feature maps for their gradients."""


@dataclass(frozen=True)
class TrainingSetup:
    """The facts that a default recipe depends on.

    Args:
        count: Number of training images.
        side: Longer side of the network's input, in pixels.
        hflip: Horizontal flips keep the target.
        affordable: Images that can be trained on in the time limit; None without a limit.
        epochs: Epochs that the user asked for, or None.
        rotate90: Rotations by 90 degrees keep the target.
        pretrained: The weights are pretrained.
        batch: Batch size that the user asked for, or None.
        pixels: Positions of the network's input. Default: those of a square of `side`.
        augmented: Samples are augmented, which whole volumes are not.
    """

    count: int
    side: int
    hflip: bool
    affordable: float | None = None
    epochs: float | None = None
    rotate90: bool = False
    pretrained: bool = False
    batch: int | None = None
    pixels: int | None = None
    augmented: bool = True


def default_recipe(setup: TrainingSetup, task: Task) -> Recipe:
    """Returns the recipe for the data, the time and the task.

    Examples:
        >>> from opsin.tasks import Classify
        >>> default_recipe(TrainingSetup(50_000, 32, True, affordable=300_000), Classify(("a", "b"))).batch_size
        512
    """
    epochs = setup.epochs or _affordable_epochs(setup)
    batch = min(512, max(16, 2 ** int(setup.count / 40).bit_length() // 2))
    if task.batch_pixels is not None:
        batch = max(2, min(batch, task.batch_pixels // (setup.pixels or setup.side**2)))
    elif setup.pretrained:
        batch = min(batch, max(16, 2 ** (PRETRAINED_BATCH_PIXELS // setup.side**2).bit_length() // 2))
    batch = min(setup.batch or batch, setup.count)
    scale = _rate_scale(batch, epochs * setup.count / batch)
    recipe = Recipe(
        batch_size=batch,
        epochs=epochs,
        muon_lr=0.12 * scale,
        adamw_lr=6e-3 * scale,
        regularization=Regularization(label_smoothing=task.label_smoothing, weight_decay=0.01),
        augmentation=task.default_augmentation(
            setup.side, hflip=setup.hflip, rotate90=setup.rotate90, long=epochs >= 20
        )
        if setup.augmented
        else Augmentation(),
        patience=PATIENCE if setup.affordable is None else None,
    )
    return _fine_tuning(recipe, scale) if setup.pretrained else recipe


def _fine_tuning(recipe: Recipe, scale: float) -> Recipe:
    """Returns the recipe with low learning rates and frozen batch normalization statistics (docs/LOG.md)."""
    frozen = replace(recipe.regularization, freeze_batch_norm=True)
    rates = {"muon_lr": FINE_TUNING_MUON_LR * scale, "adamw_lr": FINE_TUNING_ADAMW_LR * scale}
    return replace(recipe, **rates, regularization=frozen)


def _rate_scale(batch: int, steps: float) -> float:
    """Returns a factor of the learning rate: lower for small batches, higher again for few steps."""
    return min(1.0, max((batch / 512) ** 0.5, FEW_STEPS / max(1.0, steps)))


def _affordable_epochs(setup: TrainingSetup) -> float:
    """Returns the epochs that fit the time limit, or a number that suits the amount of data."""
    if setup.affordable is not None:
        return setup.affordable / max(1, setup.count)
    return float(min(60, max(8, round(400_000 / max(1, setup.count)))))
