"""Every layer against Keras 3 (torch backend) from the same weights; writes docs/layers-against-keras.md.

    KERAS_BACKEND=torch python benchmarks/layers_against_keras.py

Compares output shape, number of parameters, outputs, and the gradients of a random weighted sum of the outputs with
respect to the input and each weight. `tests/contracts/test_layers_against_keras.py` runs the same cases.
"""

import os
from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations, product
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "torch")

import torch

from opsin import nn
from opsin.nn.padding import same_padding

NOTES = (
    "Intended differences from Keras on torch, not compared:",
    "",
    '- `AveragePooling` with `padding="same"`: Opsin excludes padding from the mean, as TensorFlow does; Keras on '
    "torch includes repeated border values. Tested against a loop over windows.",
    '- `Activation("sparsemax")`: Opsin computes the projection onto the simplex, as defined in the paper. Tested '
    "against an exhaustive search; the outputs of Keras 3.15 do not sum to 1.",
    '- `Activation("glu")` halves the channels; Keras reports the wrong output shape. `threshold` has no default '
    "arguments and is omitted.",
    "- Unsupported arguments of Keras: regularizers, constraints, initializers of biases and moving averages "
    "(`opsin.keras` has them), `data_format` (channels last only), `axis` of normalization layers and `Softmax` "
    "(channels only), `renorm`, `synchronized`, `noise_shape`, `lora_rank`, `lora_alpha`, `quantization_config`, and "
    "`seed` of dropout (the network has one).",
    "- The moving variance of `BatchNormalization` divides by n - 1, as in torch; Keras divides by n.",
)
SIZES = {1: (11,), 2: (9, 8), 3: (8, 7, 7)}


@dataclass(frozen=True)
class Case:
    """One layer with one set of arguments on one input shape."""

    kind: str
    arguments: dict[str, Any]
    shape: tuple[int, ...]
    training: bool = False


@dataclass(frozen=True)
class Difference:
    """Maximum differences, relative to the maximum value where that is above 1."""

    output: float
    gradient: float


def cases() -> list[Case]:
    """Returns all cases in a fixed order."""
    return [*_convolutions(), *_poolings(), *_reshapings(), *_normalizations(), *_pointwise()]


def _convolutions() -> list[Case]:
    found: list[Case] = []
    for rank, padding, size in product((1, 2, 3), ("valid", "same"), (1, 2, 3, 4)):
        channels, base = (*SIZES[rank], 4), {"kernel_size": size, "padding": padding}
        for steps in ({}, {"strides": 2}, {"strides": 3}, {"dilation_rate": 2}):
            found.append(Case(f"Conv{rank}D", {"filters": 6, **base, **steps}, channels))
            if rank < 3:
                found.append(Case(f"DepthwiseConv{rank}D", {"depth_multiplier": 2, **base, **steps}, channels))
                found.append(Case(f"SeparableConv{rank}D", {"filters": 3, **base, **steps}, channels))
            found.append(Case(f"Conv{rank}DTranspose", {"filters": 3, **base, **steps}, channels))
        found.append(Case(f"Conv{rank}D", {"filters": 6, **base, "groups": 2, "use_bias": False}, channels))
        found.append(Case(f"Conv{rank}D", {"filters": 6, **base, "activation": "relu"}, channels))
    for size, steps in product((1, 2, 3, 4), ({}, {"strides": 2}, {"strides": 3}, {"dilation_rate": 2})):
        base = {"filters": 6, "kernel_size": size, "padding": "causal", **steps}
        found += [Case("Conv1D", base, (11, 4)), Case("Conv1D", {**base, "groups": 2, "use_bias": False}, (11, 4))]
    for rank, padding, size, (strides, more) in product(
        (1, 2, 3), ("valid", "same"), (1, 2, 3, 4, 5), ((1, 0), (2, 0), (2, 1), (3, 0), (3, 1), (3, 2))
    ):
        steps = {"strides": strides, "output_padding": more, "padding": padding}
        found.append(Case(f"Conv{rank}DTranspose", {"filters": 3, "kernel_size": size, **steps}, (*SIZES[rank], 4)))
    for how in ("valid", "same"):
        steps = {"strides": (3, 2), "output_padding": (2, 0), "padding": how}
        found.append(Case("Conv2DTranspose", {"filters": 3, "kernel_size": (2, 5), **steps}, (9, 8, 4)))
    found.append(Case("Conv2D", {"filters": 3, "kernel_size": (2, 5), "strides": (3, 1), "padding": "same"}, (9, 8, 4)))
    return found


def _poolings() -> list[Case]:
    found: list[Case] = []
    for rank, kind in product((1, 2, 3), ("Max", "Average")):
        shape = (*SIZES[rank], 3)
        for size, strides, padding in product((1, 2, 3, 4), (None, 1, 2), ("valid", "same")):
            arguments = {"pool_size": size, "strides": strides, "padding": padding}
            pads = [same_padding(length, size, strides or size) for length in SIZES[rank]]
            if kind == "Max" or padding == "valid" or not any(map(any, pads)):
                found.append(Case(f"{kind}Pooling{rank}D", arguments, shape))
        found += [Case(f"Global{kind}Pooling{rank}D", {"keepdims": keep}, shape) for keep in (False, True)]
    return found


def _reshapings() -> list[Case]:
    found = [Case(f"UpSampling{rank}D", {"size": size}, (*SIZES[rank], 3)) for rank in (1, 2, 3) for size in (1, 2, 3)]
    found += [Case("UpSampling2D", {"size": (2, 3), "interpolation": "bilinear"}, (9, 8, 3))]
    found += [Case(f"ZeroPadding{rank}D", {"padding": 2}, (*SIZES[rank], 3)) for rank in (1, 2, 3)]
    found += [
        Case("ZeroPadding1D", {"padding": (2, 1)}, (11, 3)),
        Case("ZeroPadding2D", {"padding": (2, 1)}, (9, 8, 3)),
    ]
    found += [Case("ZeroPadding2D", {"padding": ((0, 1), (2, 3))}, (9, 8, 3))]
    found += [Case(f"Cropping{rank}D", {"cropping": 1}, (*SIZES[rank], 3)) for rank in (1, 2, 3)]
    found += [
        Case("Cropping1D", {"cropping": (2, 1)}, (11, 3)),
        Case("Cropping2D", {"cropping": (2, 1)}, (9, 8, 3)),
        Case("Cropping2D", {"cropping": ((0, 1), (2, 3))}, (9, 8, 3)),
    ]
    found += [Case("Flatten", {}, shape) for shape in ((5,), (11, 3), (9, 8, 3), (7, 6, 5, 3))]
    found += [
        Case("Reshape", {"target_shape": target}, (6, 4, 3)) for target in ((72,), (-1, 3), (3, 8, -1), (2, 3, 4, 3))
    ]
    return found


def _normalizations() -> list[Case]:
    found: list[Case] = []
    shapes = ((4,), (11, 4), (9, 8, 4), (7, 6, 5, 4))
    for shape, (center, scale) in product(shapes, ((True, True), (False, True), (True, False), (False, False))):
        arguments = {"center": center, "scale": scale}
        found += [Case("BatchNormalization", arguments, shape, training) for training in (False, True)]
        found += [Case("LayerNormalization", arguments, shape)]
        if len(shape) > 1:
            found += [Case("GroupNormalization", {"groups": groups, **arguments}, shape) for groups in (1, 2, 4)]
    return found


def _pointwise() -> list[Case]:
    functions = [name for name in nn.layers.activations.FUNCTIONS if name not in ("glu", "sparsemax")]
    found = [Case("Activation", {"activation": name}, shape) for name in functions for shape in ((6,), (5, 4, 6))]
    for shape, bias, name in product(((6,), (5, 6), (5, 4, 6)), (True, False), (None, "relu", "softmax")):
        found.append(Case("Dense", {"units": 4, "use_bias": bias, "activation": name}, shape))
    found += _rectifiers()
    found += [Case("Rescaling", {"scale": 0.5, "offset": -1.0}, shape) for shape in ((6,), (5, 4, 3))]
    found += [Case("Dropout", {"rate": 0.5}, (9, 8, 3))]
    return found + [Case(f"SpatialDropout{rank}D", {"rate": 0.5}, (*SIZES[rank], 3)) for rank in (1, 2, 3)]


def _rectifiers() -> list[Case]:
    found: list[Case] = []
    for most, slope, threshold in product((None, 0.5, 1, 6.0), (0.0, 0.1, 2), (0.0, 0.3)):
        arguments = {"max_value": most, "negative_slope": slope, "threshold": threshold}
        found.append(Case("ReLU", arguments, (5, 4, 6)))
    shapes = ((6,), (11, 6), (5, 4, 6), (4, 3, 2, 6))
    for shape in shapes:
        found += [Case("ReLU", {}, shape), Case("ReLU", {"max_value": 6.0}, shape), Case("LeakyReLU", {}, shape)]
        found += [Case("LeakyReLU", {"negative_slope": slope}, shape) for slope in (0.0, 0.01, 0.1, 1, 3.0)]
        found += [Case("ELU", {}, shape), *(Case("ELU", {"alpha": alpha}, shape) for alpha in (-0.5, 0.0, 0.3, 2))]
        axes = range(1, len(shape) + 1)
        choices = [chosen for count in axes for chosen in combinations(axes, count)]
        found += [Case("PReLU", {"shared_axes": chosen}, shape) for chosen in (None, 1, *choices)]
        found += [Case("PReLU", {"alpha_initializer": "zeros"}, shape), Case("Softmax", {}, shape)]
        found.append(Case("Softmax", {"axis": -1}, shape))
    return found


def compare(case: Case, seed: int = 0) -> Difference:
    """Runs the case in both libraries; raises AssertionError if shapes or parameter counts differ."""
    import keras

    torch.manual_seed(seed)
    layer = getattr(nn, case.kind)(**case.arguments)
    module = layer.build(case.shape).train(case.training)
    for parameter in module.parameters():
        parameter.data = parameter.data + 0.1 * torch.randn_like(parameter)
    theirs = getattr(keras.layers, case.kind)(**case.arguments)
    x = torch.randn(2, *case.shape, requires_grad=True)
    theirs.build((None, *case.shape))
    theirs.set_weights([value.detach().numpy() for value in as_keras(case.kind, module)])

    expected = theirs(x, training=case.training)
    mine = module(x.movedim(-1, 1)).movedim(1, -1)
    assert tuple(mine.shape[1:]) == layer.output_shape(case.shape) == tuple(expected.shape[1:]), case
    assert layer.trainable_parameters(case.shape) == sum(w.numel() for w in _values(theirs.trainable_weights)), case
    assert layer.fixed_parameters(case.shape) == _fixed(theirs), case
    output = _largest(mine, expected)

    weighting = torch.randn_like(expected)
    parameters = [p for p in module.parameters()]
    own = torch.autograd.grad((mine * weighting).sum(), [x, *parameters])
    other = torch.autograd.grad((expected * weighting).sum(), [x, *_values(theirs.trainable_weights)])
    with torch.no_grad():
        for parameter, gradient in zip(parameters, own[1:], strict=True):
            parameter.copy_(gradient)
    shaped = [value for value in as_keras(case.kind, module) if value.requires_grad]
    gradients = [_largest(a, b) for a, b in zip([own[0], *shaped], other, strict=True)]
    return Difference(output, max(gradients))


def as_keras(kind: str, module: torch.nn.Module) -> list[torch.Tensor]:
    """Returns the module's weights in Keras's order and axis layout."""
    found: list[torch.Tensor] = []
    named = dict(module.named_parameters()) | dict(module.named_buffers())
    for name, value in named.items():
        if name.endswith("num_batches_tracked"):
            continue
        if name == "alpha":
            value = value.movedim(0, -1)
        elif name.endswith("weight") and value.ndim == 2:
            value = value.T
        elif name.endswith("weight") and value.ndim > 2:
            depthwise = kind.startswith("Depthwise") or name.startswith("depthwise")
            value = value.movedim((0, 1), (-1, -2))
            if depthwise:  # (1, channels * multiplier) to (channels, multiplier)
                value = value.reshape(*value.shape[:-2], case_channels(kind, module), -1)
        found.append(value)
    return found


def case_channels(kind: str, module: torch.nn.Module) -> int:
    """Returns the number of input channels of a depthwise convolution."""
    convolution = module if kind.startswith("Depthwise") else module.get_submodule("depthwise")
    return int(convolution.groups)  # pyright: ignore[reportArgumentType]


def _values(weights: list[Any]) -> list[torch.Tensor]:
    return [weight.value for weight in weights]


def _fixed(layer: Any) -> int:
    """Counts the values of a Keras layer that are not trained, without the state of its random generator."""
    return sum(w.value.numel() for w in layer.non_trainable_weights if "seed" not in w.path)


def _largest(mine: torch.Tensor, theirs: torch.Tensor) -> float:
    difference = (mine - theirs).detach().abs().max()
    return float(difference / theirs.detach().abs().max().clamp(min=1))


def main() -> None:
    """Compares all cases and writes the documentation page."""
    import keras

    groups: dict[str, list[Difference]] = defaultdict(list)
    tried: dict[str, set[str]] = defaultdict(set)
    for case in cases():
        tried[case.kind] |= case.arguments.keys()
        groups[case.kind].append(compare(case))
    count = sum(map(len, groups.values()))
    lines = [
        "# Layers against Keras",
        "",
        f"Each layer compared with Keras {keras.__version__} (torch backend, PyTorch "
        f"{torch.__version__.split('+')[0]}) for the same weights, in {count} cases of arguments and ranks, including "
        '`padding="same"` with strides, even kernels and dilation. Output shapes and parameter counts are equal in all '
        "cases. The table holds the maximum differences of outputs and of gradients (of the input and every weight), "
        "relative to the maximum value if it is above 1.",
        "",
        "Generated by `python benchmarks/layers_against_keras.py`. The tests run the same cases, and for most layers "
        "20 more with random arguments (300 with `pytest -m slow`), within 1e-5 for outputs and 1e-4 for gradients.",
        "",
        "| layer | arguments | cases | outputs | gradients |",
        "|---|---|--:|--:|--:|",
    ]
    for kind, found in sorted(groups.items()):
        output, gradient = max(d.output for d in found), max(d.gradient for d in found)
        lines.append(f"| {kind} | {', '.join(sorted(tried[kind]))} | {len(found)} | {output:.1e} | {gradient:.1e} |")
    lines += ["", *NOTES, ""]
    Path("docs/layers-against-keras.md").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
