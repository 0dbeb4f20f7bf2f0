"""The recipe: all hyperparameters of a training run in one frozen record, which is saved with the run."""

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from opsin.core import ModelFileError
from opsin.data import Augmentation


@dataclass(frozen=True)
class Regularization:
    """Hyperparameters against overfitting, and against forgetting when a pretrained network is fine-tuned.

    Attributes:
        label_smoothing: Probability mass that is spread over all classes.
        mixup: Parameter of mixup's beta distribution; 0 for no mixup.
        weight_decay: Weight decay of AdamW on weight matrices.
        freeze_batch_norm: Keep the running statistics of batch normalization and normalize with them.
    """

    label_smoothing: float = 0.0
    mixup: float = 0.0
    weight_decay: float = 0.0
    freeze_batch_norm: bool = False


@dataclass(frozen=True)
class Recipe:
    """All hyperparameters of a training run.

    Attributes:
        batch_size: Images per step and process.
        epochs: Passes over the training images.
        muon_lr: Learning rate of Muon: the relative change per step of a kernel that a normalization follows.
        adamw_lr: Learning rate of AdamW, for all other weights.
        regularization: Hyperparameters against overfitting.
        augmentation: Augmentation of the training images.
        class_weights: Weight of each class in the loss; None for equal weights.
        patience: Number of validations without a better score after which training stops; None for no early stopping.

    Examples:
        >>> Recipe(batch_size=64, epochs=8).batch_size
        64
    """

    batch_size: int
    epochs: float
    muon_lr: float = 0.1
    adamw_lr: float = 5e-3
    regularization: Regularization = Regularization()
    augmentation: Augmentation = Augmentation()
    class_weights: tuple[float, ...] | None = None
    patience: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Returns the recipe as plain values, for `args.yaml` and the model file."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Recipe":
        """Restores the result of `to_json`.

        Raises:
            ModelFileError: Fields are missing, unknown or of a wrong type.
        """
        expected = {field.name for field in fields(cls)}
        if set(data) != expected:
            raise ModelFileError(f"recipe has the fields {sorted(data)}. Expected {sorted(expected)}.")
        try:
            weights = data["class_weights"]
            return replace(
                cls(**data),
                regularization=Regularization(**data["regularization"]),
                augmentation=Augmentation.from_json(data["augmentation"]),
                class_weights=tuple(weights) if weights else None,
            )
        except TypeError as error:
            raise ModelFileError(f"recipe is damaged ({error}). Expected the plain values of a recipe.") from error
