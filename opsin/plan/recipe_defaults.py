"""Default recipes, from what measured best on validation splits (docs/LOG.md)."""

from dataclasses import dataclass, replace

from opsin.data import Augmentation, Photometric
from opsin.training.recipe import Recipe, Regularization

PATIENCE = 15
"""Validations, of which a run has at most fifty, without a better score."""


FINE_TUNING_MUON_LR, FINE_TUNING_ADAMW_LR = 0.01, 5e-4
"""The rates of `Recipe` for weights that were learned before."""


FEW_STEPS = 130
"""Steps that all need the full learning rate, whatever the batch, to come anywhere."""


@dataclass(frozen=True)
class TrainingSetup:
    """What a recipe is chosen from.

    `count` training images of at most `side` pixels; whether a `mirror` image and a quarter `turn` keep the target;
    whether targets are `amounts`, which a zoom would change, or `places` ("boxes" or "masks", the latter perhaps of
    `objects` one by one); whether weights were `learned` before; the `epochs` asked for, and how many images can be
    seen in the time (`affordable`), None where nobody said.
    """

    count: int
    side: int
    hflip: bool
    affordable: float | None = None
    epochs: float | None = None
    rotate90: bool = False
    amounts: bool = False
    places: str = "none"
    pretrained: bool = False
    objects: bool = False


MICROSCOPE_PHOTOMETRIC = Photometric(gamma=0.25, contrast=0.4, brightness=0.3, blur=0.4, illumination=100.0, noise=1.5)
"""For objects one by one, as of microscopes, whose lamps and focus differ more than their objects do (docs/LOG.md)."""


MOST_PIXELS = 2**21
"""In a batch where answers are places: each pixel of an image teaches."""


MOST_PRETRAINED_PIXELS = 2**20 + 2**18
"""In a batch for learned weights, whose deep networks keep many maps for their gradients."""


UNBLURRED_SIDE = 96
"""Up to this many pixels images are only mirrored and moved by whole pixels, so that nothing is blurred."""


def default_recipe(situation: TrainingSetup) -> Recipe:
    """A recipe for the data and the time, from what measured best on validation splits (docs/LOG.md).

    >>> default_recipe(TrainingSetup(50_000, 32, True, affordable=300_000)).batch_size
    512
    """
    epochs = situation.epochs or _affordable_epochs(situation)
    batch = min(512, max(16, 2 ** int(situation.count / 40).bit_length() // 2))
    if situation.places != "none":
        batch = max(2, min(batch, MOST_PIXELS // situation.side**2))
    elif situation.pretrained:
        batch = min(batch, max(16, 2 ** (MOST_PRETRAINED_PIXELS // situation.side**2).bit_length() // 2))
    batch = min(batch, situation.count)
    scale = _rate_scale(batch, epochs * situation.count / batch)
    recipe = Recipe(
        batch_size=batch,
        epochs=epochs,
        muon_lr=0.12 * scale,
        adamw_lr=6e-3 * scale,
        regularization=Regularization(label_smoothing=0.1 if situation.places == "none" else 0.0, weight_decay=0.01),
        augmentation=_augmentation(situation, often=epochs >= 20),
        patience=PATIENCE if situation.affordable is None else None,
    )
    return _fine_tuning(recipe, scale) if situation.pretrained else recipe


def _fine_tuning(recipe: Recipe, scale: float) -> Recipe:
    """The recipe for a network that has learned before: small steps, statistics kept (docs/LOG.md)."""
    kept = replace(recipe.regularization, freeze_batch_norm=True)
    rates = {"muon_lr": FINE_TUNING_MUON_LR * scale, "adamw_lr": FINE_TUNING_ADAMW_LR * scale}
    return replace(recipe, **rates, regularization=kept)


def _augmentation(situation: TrainingSetup, *, often: bool) -> Augmentation:
    """What images may undergo; parts are covered only where images are seen `often` enough to be learnt by heart."""
    small = situation.side <= UNBLURRED_SIDE
    if situation.places != "none":
        return Augmentation(
            hflip=situation.hflip,
            rotate90=situation.rotate90,
            translate=round(situation.side / 16),
            rotate=15.0 if situation.places == "masks" else 0.0,  # a turned box is no box around a turned object
            scale=0.25,
            brightness_contrast=0.0 if situation.objects else 0.15,
            photometric=MICROSCOPE_PHOTOMETRIC if situation.objects else Photometric(),
        )
    return Augmentation(
        hflip=situation.hflip,
        rotate90=situation.rotate90,
        translate=max(1, round(situation.side / 16)) if situation.side >= 16 else 0,
        rotate=0.0 if small else 10.0,
        scale=0.0 if small or situation.amounts else 0.1,
        brightness_contrast=0.0 if small else 0.1,
        random_erasing=round(situation.side * (0.3 if small else 0.25)) if often and not situation.amounts else 0,
    )


def _rate_scale(batch: int, steps: float) -> float:
    """The share of the full learning rate: less for small batches, more again when there are few steps to take."""
    return min(1.0, max((batch / 512) ** 0.5, FEW_STEPS / max(1.0, steps)))


def _affordable_epochs(situation: TrainingSetup) -> float:
    """Epochs that fit in the time, or a number that suits the amount of data when no time is given."""
    if situation.affordable is not None:
        return situation.affordable / max(1, situation.count)
    return float(min(60, max(8, round(400_000 / max(1, situation.count)))))
