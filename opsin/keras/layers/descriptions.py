"""One-line descriptions of Keras's layer arguments, from which the layers' docstrings get their Args section."""

import re

DESCRIPTIONS = {
    # Dense and convolutions
    "units": "Number of outputs.",
    "filters": "Number of output channels.",
    "kernel_size": "Length of the kernel along each axis: an integer, or one integer per axis.",
    "strides": "Step of the kernel along each axis: an integer, or one integer per axis.",
    "padding": '"valid": no padding. "same": zeros around the input, so that strides=1 keeps its size. '
    'Conv1D also takes "causal": zeros before the first step only.',
    "output_padding": "Additional rows and columns on the far side of the output. None: computed from the strides.",
    "data_format": 'Position of the channels: None or "channels_last".',
    "dilation_rate": "Distance of the kernel's elements along each axis.",
    "groups": "Number of groups of channels that are convolved separately.",
    "depth_multiplier": "Number of output channels per input channel.",
    "activation": "Name of an activation function, or a function of keras.activations. None: linear.",
    "use_bias": "Add a bias to each output channel.",
    "kernel_initializer": "Distribution of the first kernel values: a name, or an object of keras.initializers.",
    "bias_initializer": 'Distribution of the first biases: "zeros".',
    "depthwise_initializer": "Distribution of the first depthwise kernel values.",
    "pointwise_initializer": "Distribution of the first pointwise kernel values.",
    "kernel_regularizer": "Penalty on the kernel, added to the loss: a name, or an object of keras.regularizers.",
    "bias_regularizer": "Penalty on the bias, added to the loss.",
    "depthwise_regularizer": "Penalty on the depthwise kernel, added to the loss.",
    "pointwise_regularizer": "Penalty on the pointwise kernel, added to the loss.",
    "activity_regularizer": "Not supported; must be None.",
    "kernel_constraint": "Not supported; must be None.",
    "bias_constraint": "Not supported; must be None.",
    "depthwise_constraint": "Not supported; must be None.",
    "pointwise_constraint": "Not supported; must be None.",
    # Pooling
    "pool_size": "Size of the window along each axis: an integer, or one integer per axis.",
    "MaxPooling.strides": "Step of the window along each axis. None: `pool_size`.",
    "AveragePooling.strides": "Step of the window along each axis. None: `pool_size`.",
    "keepdims": "Keep the spatial axes with length 1.",
    # Normalization and dropout
    "axis": "Axis that is normalized: -1, the channels.",
    "momentum": "Weight of the old value in the moving averages of mean and variance.",
    "epsilon": "Added to the variance before its square root is taken.",
    "center": "Add a trainable offset (beta) to each channel.",
    "scale": "Multiply each channel by a trainable factor (gamma).",
    "GroupNormalization.groups": "Number of groups of channels; -1 for one group per channel.",
    "beta_initializer": 'First offsets: "zeros".',
    "gamma_initializer": 'First factors: "ones".',
    "moving_mean_initializer": 'First moving mean: "zeros".',
    "moving_variance_initializer": 'First moving variance: "ones".',
    "beta_regularizer": "Penalty on the offsets, added to the loss.",
    "gamma_regularizer": "Penalty on the factors, added to the loss.",
    "beta_constraint": "Not supported; must be None.",
    "gamma_constraint": "Not supported; must be None.",
    "renorm": "Not supported; must be False.",
    "renorm_clipping": "Not supported; must be None.",
    "renorm_momentum": "Accepted, without effect.",
    "synchronized": "Not supported; must be False.",
    "rate": "Probability of an element to be set to zero, from 0 to 1.",
    "SpatialDropout.rate": "Probability of a channel to be set to zero, from 0 to 1.",
    "noise_shape": "Not supported; must be None.",
    "seed": "Accepted, without effect. Use keras.utils.set_random_seed.",
    # Reshaping
    "target_shape": "Shape of the output without the batch axis; one size may be -1 (computed from the others).",
    "Rescaling.scale": "Factor.",
    "offset": "Value that is added after the multiplication.",
    "size": "Factor along each axis: an integer, or one integer per axis.",
    "interpolation": '"nearest" or "bilinear".',
    "ZeroPadding.padding": "Rows and columns of zeros: an integer, or one integer or (before, after) pair per axis.",
    "cropping": "Rows and columns to remove: an integer, or one integer or (before, after) pair per axis.",
    # Activations
    "Activation.activation": "Name of an activation function, or a function of keras.activations.",
    "max_value": "Upper limit of the output. None: no limit.",
    "negative_slope": "Slope for inputs below the threshold.",
    "threshold": "Inputs below this value are treated as negative.",
    "alpha": "Factor of the negative part.",
    "alpha_initializer": "Distribution of the first slopes.",
    "alpha_regularizer": "Penalty on the slopes, added to the loss.",
    "alpha_constraint": "Not supported; must be None.",
    "shared_axes": "Axes along which the slope is shared, such as (1, 2) for one slope per channel.",
    "Softmax.axis": "Axis along which the outputs sum to 1: -1, the channels.",
    # All layers
    "name": "Name of the layer. None: the class name and a number.",
    "trainable": "Update the weights in training. False freezes the layer.",
    "dtype": 'Type of the weights: None or "float32".',
    "input_shape": "Shape of one input, (height, width, channels), if this is the model's first layer.",
    "batch_input_shape": "Shape of a batch, (None, height, width, channels), instead of `input_shape`.",
    "batch_shape": "Shape of a batch, (None, height, width, channels), instead of `input_shape`.",
    "input_dim": "Number of inputs, instead of a one-dimensional `input_shape`.",
}


def describe(kind: str, argument: str) -> str:
    """Returns the description of an argument of a layer class.

    Examples:
        >>> describe("MaxPooling2D", "strides")
        'Step of the window along each axis. None: `pool_size`.'
    """
    return DESCRIPTIONS.get(f"{re.sub('[123]D', '', kind)}.{argument}") or DESCRIPTIONS.get(argument, "See Keras.")
