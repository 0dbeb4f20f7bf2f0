"""How to train, chosen from the data and the time there is, as one frozen record that is written down with the run."""

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from opsin.core import ModelFileError
from opsin.data import Augmentation


@dataclass(frozen=True)
class Regularization:
    """What keeps a network from learning its images by heart, or from forgetting what it knew before.

    With `keep_statistics` batch normalizations go on with the statistics they came with, whatever the batch.
    """

    label_smoothing: float = 0.0
    mixup: float = 0.0
    weight_decay: float = 0.0
    freeze_batch_norm: bool = False


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a training run besides the data, the network and the seed.

    `learning_rate` is the relative change of a normalized kernel a step (Muon), `dense_rate` that of all other weights
    (AdamW). `patience` validations without a better validation score end it.

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
        """Plain values, for `args.yaml` and the model file."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Recipe":
        """The recipe that `to_json` wrote; raises ModelFileError when fields are missing or unknown."""
        expected = {field.name for field in fields(cls)}
        if set(data) != expected:
            raise ModelFileError(f"recipe has fields {sorted(data)}; expected {sorted(expected)}")
        try:
            weights = data["class_weights"]
            return replace(
                cls(**data),
                regularization=Regularization(**data["regularization"]),
                augmentation=Augmentation.from_json(data["augmentation"]),
                class_weights=tuple(weights) if weights else None,
            )
        except TypeError as error:
            raise ModelFileError(f"recipe cannot be read: {error}") from error
