"""Branches that start from the same input and are joined at their ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import cast

import torch
from torch import Tensor

from opsin.core import Shape

from .chain import ChainModule
from .composites import Composite, build_chain, chain_shapes
from .layer import Layer, shape_text, short_repr
from .naming import name_layers
from .validation import as_layers, check_choice

MERGES = ("concatenate", "add", "multiply")


class JoinModule(torch.nn.Module):
    """What every branch makes of the input, joined."""

    def __init__(self, branches: dict[str, torch.nn.Module], merge: str) -> None:
        super().__init__()
        self.merge = merge
        for name, module in branches.items():
            self.add_module(name, module)

    def forward(self, x: Tensor) -> Tensor:
        outputs = [branch(x) for branch in self.children()]
        if self.merge == "concatenate":
            return torch.cat(outputs, dim=1)
        return reduce(torch.add if self.merge == "add" else torch.mul, outputs)

    def extra_repr(self) -> str:
        return self.merge


class Joined(Composite):
    """Branches whose ends are joined: channels side by side, added or multiplied."""

    merge: str

    def output_shape(self, input_shape: Shape) -> Shape:
        ends = [chain_shapes(branch, input_shape)[-1] for branch in self.branches.values()]
        if self.merge == "concatenate":
            if len({end[:-1] for end in ends}) == 1:
                return (*ends[0][:-1], sum(end[-1] for end in ends))
        elif len({len(end) for end in ends}) == 1:
            widest = tuple(map(max, *ends)) if len(ends) > 1 else ends[0]
            if all(size in (1, wide) for end in ends for size, wide in zip(end, widest, strict=True)):
                return widest
        raise self.fail(
            f"cannot {self.merge} {' and '.join(map(shape_text, ends))}: make their heights and widths equal, with "
            "padding='same' or sizes that halve and double evenly"
        )

    def build(self, input_shape: Shape) -> torch.nn.Module:
        self.output_shape(input_shape)
        chains = {name: ChainModule(build_chain(branch, input_shape)) for name, branch in self.branches.items()}
        return JoinModule(cast("dict[str, torch.nn.Module]", chains), self.merge)


@dataclass(frozen=True, repr=False)
class Parallel(Joined):
    """Several branches from one input, joined by `merge`: "concatenate" (channels), "add" or "multiply".

    An empty branch is the input itself. Added or multiplied, an axis of length 1 counts for all positions.

    >>> from opsin.nn import Conv2D
    >>> Parallel([[Conv2D(8, 1)], [Conv2D(4, 3, padding="same")]]).output_shape((6, 6, 3))
    (6, 6, 12)
    """

    branches_of_layers: Sequence[Sequence[Layer]]
    merge: str = "concatenate"

    def __post_init__(self) -> None:
        check_choice(self, "merge", MERGES)
        given: object = self.branches_of_layers
        if not isinstance(given, list | tuple) or not given:
            raise self.fail(f"takes a list of lists of layers for branches_of_layers, got {short_repr(given)}")
        settled: list[tuple[Layer, ...]] = []
        for branch in cast("list[object]", given):
            settled.append(as_layers(self, branch, "branches_of_layers"))
        object.__setattr__(self, "branches_of_layers", tuple(name_layers(branch) for branch in settled))

    @property
    def branches(self) -> dict[str, tuple[Layer, ...]]:
        return {f"branch{number}": tuple(branch) for number, branch in enumerate(self.branches_of_layers, start=1)}


@dataclass(frozen=True, repr=False)
class Skip(Joined):
    """The input, and beside it (more channels) what the layers make of it: U-Net's skip connection.

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
