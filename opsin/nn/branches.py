"""Parallel branches that share an input and are merged into one output."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import cast

import torch
from torch import Tensor

from opsin.core import Shape

from .composites import Composite, build_chain, chain_shapes
from .layer import Layer, shape_text, short_repr
from .naming import name_layers
from .validation import as_layers, check_choice

MERGES = ("concatenate", "add", "multiply")


class MergeModule(torch.nn.Module):
    """Merges the outputs of all branches."""

    def __init__(self, branches: dict[str, torch.nn.Module], merge: str) -> None:
        super().__init__()
        self.merge = merge
        for name, module in branches.items():
            self.add_module(name, module)

    def forward(self, x: Tensor) -> Tensor:
        return self.merged([branch(x) for branch in self.children()])

    def merged(self, outputs: list[Tensor]) -> Tensor:
        """Merges the outputs of the branches, in order."""
        if self.merge == "concatenate":
            return torch.cat(outputs, dim=1)
        return reduce(torch.add if self.merge == "add" else torch.mul, outputs)

    def extra_repr(self) -> str:
        return self.merge


class Merge(Composite):
    """Base class of layers with branches whose outputs are concatenated, added or multiplied."""

    merge: str

    def output_shape(self, input_shape: Shape) -> Shape:
        outputs = [chain_shapes(branch, input_shape)[-1] for branch in self.branches.values()]
        if self.merge == "concatenate":
            if len({shape[:-1] for shape in outputs}) == 1:
                return (*outputs[0][:-1], sum(shape[-1] for shape in outputs))
        elif len({len(shape) for shape in outputs}) == 1:
            largest = tuple(map(max, *outputs)) if len(outputs) > 1 else outputs[0]
            if all(size in (1, length) for shape in outputs for size, length in zip(shape, largest, strict=True)):
                return largest
        raise self.fail(
            f"cannot {self.merge} {' and '.join(map(shape_text, outputs))}. Expected equal heights and widths. "
            "Fix: use padding='same', or input sizes that are divisible by the strides."
        )

    def build(self, input_shape: Shape) -> torch.nn.Module:
        self.output_shape(input_shape)
        chains = {name: torch.nn.Sequential(build_chain(branch, input_shape)) for name, branch in self.branches.items()}
        return MergeModule(cast("dict[str, torch.nn.Module]", chains), self.merge)


@dataclass(frozen=True, repr=False)
class Parallel(Merge):
    """Applies several branches to the same input and merges their outputs.

    With "add" and "multiply", an axis of length 1 is broadcast, as for a gate per channel.

    Args:
        branches_of_layers: One list of layers per branch. An empty list is the input itself.
        merge: "concatenate" (along the channels), "add" or "multiply".
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> from opsin.nn import Conv2D
        >>> Parallel([[Conv2D(8, 1)], [Conv2D(4, 3, padding="same")]]).output_shape((6, 6, 3))
        (6, 6, 12)
    """

    branches_of_layers: Sequence[Sequence[Layer]]
    merge: str = "concatenate"

    def __post_init__(self) -> None:
        check_choice(self, "merge", MERGES)
        value: object = self.branches_of_layers
        if not isinstance(value, list | tuple) or not value:
            raise self.fail(f"got branches_of_layers={short_repr(value)}. Expected a list of lists of layers.")
        branches: list[tuple[Layer, ...]] = []
        for branch in cast("list[object]", value):
            branches.append(as_layers(self, branch, "branches_of_layers"))
        object.__setattr__(self, "branches_of_layers", tuple(name_layers(branch) for branch in branches))

    @property
    def branches(self) -> dict[str, tuple[Layer, ...]]:
        return {f"branch{number}": tuple(branch) for number, branch in enumerate(self.branches_of_layers, start=1)}


@dataclass(frozen=True, repr=False)
class Skip(Merge):
    """Concatenates the input with the output of the layers: U-Net's skip connection (arXiv:1505.04597).

    Args:
        layers: Layers in order. Their output must have the spatial size of the input.
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> from opsin.nn import Conv2D, UpSampling2D
        >>> Skip([Conv2D(8, 2, strides=2), UpSampling2D(2)]).output_shape((6, 6, 3))
        (6, 6, 11)
    """

    layers: Sequence[Layer]

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", name_layers(as_layers(self, self.layers)))

    @property
    def merge(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        return "concatenate"

    @property
    def branches(self) -> dict[str, tuple[Layer, ...]]:
        return {"input": (), "body": tuple(self.layers)}
