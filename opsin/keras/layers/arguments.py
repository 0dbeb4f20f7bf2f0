"""Keras's argument lists, in Keras's order, and their conversion to the arguments of `opsin.nn` layers."""

import inspect
from collections.abc import Mapping
from typing import Any, TypeAlias

from opsin.core import NetworkError

from ..activations import activation_name
from ..initializers import initializer_name
from ..regularizers import regularizer

REQUIRED: Any = inspect.Parameter.empty
Arguments: TypeAlias = dict[str, Any]

# Keyword arguments of every layer.
SHARED: Arguments = {"name": None, "trainable": True, "dtype": None, "input_shape": None, "batch_input_shape": None,
                     "batch_shape": None, "input_dim": None}  # fmt: skip
_UNCONSTRAINED: Arguments = {"activity_regularizer": None, "kernel_constraint": None, "bias_constraint": None}
_WEIGHTS: Arguments = {"kernel_initializer": "glorot_uniform", "bias_initializer": "zeros", "kernel_regularizer": None,
                       "bias_regularizer": None, **_UNCONSTRAINED}  # fmt: skip
_ACTIVATED: Arguments = {"activation": None, "use_bias": True}
_AFFINE: Arguments = {"center": True, "scale": True, "beta_initializer": "zeros", "gamma_initializer": "ones"}
_BOUND: Arguments = {"beta_regularizer": None, "gamma_regularizer": None, "beta_constraint": None,
                     "gamma_constraint": None}  # fmt: skip

DENSE: Arguments = {"units": REQUIRED, **_ACTIVATED, **_WEIGHTS}
CONVOLUTION: Arguments = {"filters": REQUIRED, "kernel_size": REQUIRED, "strides": 1, "padding": "valid",
                          "data_format": None, "dilation_rate": 1, "groups": 1, **_ACTIVATED, **_WEIGHTS}  # fmt: skip
TRANSPOSED: Arguments = {"filters": REQUIRED, "kernel_size": REQUIRED, "strides": 1, "padding": "valid",
                         "output_padding": None, "data_format": None, "dilation_rate": 1, **_ACTIVATED,
                         **_WEIGHTS}  # fmt: skip
TRANSPOSED_3D: Arguments = {
    "filters": REQUIRED,
    "kernel_size": REQUIRED,
    "strides": 1,
    "padding": "valid",
    "data_format": None,
    "output_padding": None,
    "dilation_rate": 1,
    **_ACTIVATED,
    **_WEIGHTS,
}
DEPTHWISE: Arguments = {"kernel_size": REQUIRED, "strides": 1, "padding": "valid", "depth_multiplier": 1,
                        "data_format": None, "dilation_rate": 1, **_ACTIVATED,
                        "depthwise_initializer": "glorot_uniform", "bias_initializer": "zeros",
                        "depthwise_regularizer": None, "bias_regularizer": None, "activity_regularizer": None,
                        "depthwise_constraint": None, "bias_constraint": None}  # fmt: skip
SEPARABLE: Arguments = {"filters": REQUIRED, "kernel_size": REQUIRED, "strides": 1, "padding": "valid",
                        "data_format": None, "dilation_rate": 1, "depth_multiplier": 1, **_ACTIVATED,
                        "depthwise_initializer": "glorot_uniform", "pointwise_initializer": "glorot_uniform",
                        "bias_initializer": "zeros", "depthwise_regularizer": None, "pointwise_regularizer": None,
                        "bias_regularizer": None, "activity_regularizer": None, "depthwise_constraint": None,
                        "pointwise_constraint": None, "bias_constraint": None}  # fmt: skip
POOLING: Arguments = {"pool_size": 2, "strides": None, "padding": "valid", "data_format": None, "name": None}
GLOBAL_POOLING: Arguments = {"data_format": None, "keepdims": False}
BATCH_NORMALIZATION: Arguments = {"axis": -1, "momentum": 0.99, "epsilon": 1e-3, **_AFFINE,
                                  "moving_mean_initializer": "zeros", "moving_variance_initializer": "ones", **_BOUND,
                                  "renorm": False, "renorm_clipping": None, "renorm_momentum": 0.99,
                                  "synchronized": False}  # fmt: skip
LAYER_NORMALIZATION: Arguments = {"axis": -1, "epsilon": 1e-3, **_AFFINE, **_BOUND}
GROUP_NORMALIZATION: Arguments = {"groups": 32, **LAYER_NORMALIZATION}
DROPOUT: Arguments = {"rate": REQUIRED, "noise_shape": None, "seed": None}
SPATIAL_DROPOUT: Arguments = {"rate": REQUIRED, "data_format": None, "seed": None, "name": None, "dtype": None}
SPATIAL_DROPOUT_1D: Arguments = {"rate": REQUIRED, "seed": None, "name": None, "dtype": None}
FLATTEN: Arguments = {"data_format": None}
RESHAPE: Arguments = {"target_shape": REQUIRED}
RESCALING: Arguments = {"scale": REQUIRED, "offset": 0.0}
UPSAMPLING: Arguments = {"size": 2, "data_format": None}
UPSAMPLING_1D: Arguments = {"size": 2}
UPSAMPLING_2D: Arguments = {**UPSAMPLING, "interpolation": "nearest"}
ZERO_PADDING: Arguments = {"padding": 1, "data_format": None}
CROPPING_1D: Arguments = {"cropping": (1, 1)}
CROPPING_2D: Arguments = {"cropping": ((0, 0), (0, 0)), "data_format": None}
CROPPING_3D: Arguments = {"cropping": ((1, 1), (1, 1), (1, 1)), "data_format": None}
ACTIVATION: Arguments = {"activation": REQUIRED}
RELU: Arguments = {"max_value": None, "negative_slope": 0.0, "threshold": 0.0}
LEAKY_RELU: Arguments = {"negative_slope": 0.3}
ELU: Arguments = {"alpha": 1.0}
PRELU: Arguments = {"alpha_initializer": "Zeros", "alpha_regularizer": None, "alpha_constraint": None,
                    "shared_axes": None}  # fmt: skip
SOFTMAX: Arguments = {"axis": -1}

_ALLOWED: dict[str, tuple[Any, ...]] = {
    "data_format": (None, "channels_last"),
    "axis": (-1, 3, [-1], (-1,)),
    "dtype": (None, "float32"),
}
_IGNORED = ("seed", "renorm_momentum")  # accepted, without effect


def signature(arguments: Arguments) -> inspect.Signature:
    """Returns the signature that `help` and editors show: Keras's order, then the keywords of all layers."""
    ordered, by_name = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY
    found = [inspect.Parameter(name, ordered, default=default) for name, default in arguments.items()]
    rest = {name: default for name, default in SHARED.items() if name not in arguments}
    return inspect.Signature([*found, *(inspect.Parameter(n, by_name, default=d) for n, d in rest.items())])


def bind(label: str, arguments: Arguments, given: tuple[Any, ...], named: Mapping[str, Any]) -> Arguments:
    """Returns the value of every argument, with defaults filled in.

    Args:
        label: Name of the layer class, for errors.
        arguments: Argument names and defaults.
        given: Positional arguments of the call.
        named: Keyword arguments of the call.

    Raises:
        NetworkError: An argument is missing, unknown or given twice.
    """
    form = signature(arguments)
    unknown = [name for name in named if name not in form.parameters]
    if unknown:
        raise NetworkError(f"{label} has no argument {unknown[0]!r}. Expected {', '.join(form.parameters)}.")
    try:
        bound = form.bind(*given, **named)
    except TypeError as error:
        raise NetworkError(f"{label}: {error}. Expected {label}{form}.") from error
    bound.apply_defaults()
    return dict(bound.arguments)


def convert_arguments(
    label: str, values: Arguments, defaults: Arguments, fields: set[str]
) -> tuple[Arguments, Arguments]:
    """Returns the arguments of the `opsin.nn` layer, and the regularizers.

    Args:
        label: Name of the layer class, for errors.
        values: Value of every argument, from `bind`.
        defaults: Default of every argument.
        fields: Argument names of the `opsin.nn` layer.

    Raises:
        NetworkError: Opsin does not support a value.
    """
    converted: Arguments = {}
    regularizers: Arguments = {}
    for name, value in values.items():
        if name == "activation":
            converted[name] = activation_name(value, label, name)
        elif name in fields and name.endswith("_initializer"):
            converted[name] = initializer_name(value, label, name)
        elif name in fields:
            converted[name] = value
        elif name.endswith("_initializer"):
            initializer_name(value, label, name, (defaults[name],))
        elif name.endswith("_regularizer") and name != "activity_regularizer":
            regularizers[name] = regularizer(value, label, name)
        elif name not in _IGNORED and value not in (allowed := _ALLOWED.get(name, (defaults[name],))):
            raise NetworkError(
                f"{label} does not support {name}={value!r}. Expected {' or '.join(map(repr, allowed))}. "
                f"Fix: remove the argument."
            )
    return converted, regularizers
