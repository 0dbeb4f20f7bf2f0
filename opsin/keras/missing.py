"""Refusal of names that Keras has and `opsin.keras` does not have, in one line that says what to do instead."""

import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

from opsin.core import OpsinError, did_you_mean

_BRANCHES = "for branches put Residual, Parallel or Skip of opsin.nn into a Sequential"
_LOOP = "write the loop in PyTorch on model.network, a torch module"
_TORCH = "use the function of torch on tensors, such as torch.mean"
_OWN_LAYER = "write the layer as a dataclass of opsin.nn (see examples/own_layers.py) and put it into a Sequential"
_AUGMENT = "train with opsin.train(data, augment='strong'), or augment the batches of the iterable given to fit"
_FOLDER = "train on the folder with opsin.train(folder), or give fit a torch DataLoader"
_SHOW = "show the feature maps with model.explain(image, out='inside.html')"
_WEIGHTS = "use get_weights() and set_weights()"

_ADVICE: dict[str, str] = {
    "Model": _BRANCHES,
    "Functional": _BRANCHES,
    "clone_model": "create the model again, then use set_weights",
    "model_from_json": "save the model with model.save, and read it with keras.models.load_model",
    "GradientTape": f"{_LOOP}, with loss.backward()",
    "applications": "train from pretrained weights with opsin.train(data, pretrained=True), or use opsin.zoo",
    "datasets": "give opsin.train or fit your own images or arrays, or type opsin demo for handwritten digits",
    "ops": _TORCH,
    "random": _TORCH,
    "constraints": "use a kernel_regularizer, such as keras.regularizers.L2",
    "wrappers": "call fit and predict directly",
    "saving": "use model.save and keras.models.load_model",
    "tree": "use Python's own lists and dictionaries",
    "experimental": "use the names of the module above, or those of opsin.nn",
    "legacy": "use the current optimizers: SGD, Adam, AdamW, RMSprop",
    "Lambda": _OWN_LAYER,
    "Wrapper": _OWN_LAYER,
    "TFSMLayer": _OWN_LAYER,
    **dict.fromkeys(("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot"), _BRANCHES),
    **dict.fromkeys(("add", "subtract", "multiply", "average", "maximum", "minimum", "concatenate", "dot"), _BRANCHES),
    **dict.fromkeys(("Embedding", "LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional", "TimeDistributed", "ConvLSTM2D"),
                    "use torch.nn; opsin has layers for images, volumes and series"),
    **dict.fromkeys(("MultiHeadAttention", "Attention", "AdditiveAttention", "TextVectorization", "StringLookup"),
                    "use torch.nn; opsin has layers for images, volumes and series"),
    **dict.fromkeys(("Resizing", "CenterCrop"), "resize the images before fit, or use opsin.train, which resizes them"),
    "Normalization": "use Rescaling with the mean and deviation of your images, or BatchNormalization",
    "ImageDataGenerator": f"{_FOLDER}; {_AUGMENT}",
    **dict.fromkeys(("image_dataset_from_directory", "load_data", "flow_from_directory", "get_file"), _FOLDER),
    **dict.fromkeys(("Sequence", "PyDataset"), "give fit a torch DataLoader or any iterable of batches (x, y)"),
    **dict.fromkeys(("sequence", "text", "timeseries"), "use torch; opsin reads images, volumes and series"),
    "plot_model": "use opsin.nn.diagram_svg(model.network), or show model.network in a notebook",
    "array_to_img": "use PIL.Image.fromarray",
    "save_img": "use PIL.Image.fromarray(array).save(path)",
    "TensorBoard": "use CSVLogger, or a subclass of Callback that writes the logs",
    "BackupAndRestore": "use ModelCheckpoint, or opsin.train, which resumes",
    "RemoteMonitor": "use a subclass of Callback that sends the logs",
    "ProgbarLogger": "use verbose=1 of fit",
    "np_utils": "use keras.utils.to_categorical",
}  # fmt: skip

_DEFAULTS: dict[str, str] = {
    "keras": "see docs/keras.md for what opsin.keras has",
    "layers": _OWN_LAYER,
    "models": _BRANCHES,
    "losses": "give compile a function of (y_true, y_pred) on torch tensors",
    "metrics": "give compile a function of (y_true, y_pred) on torch tensors",
    "optimizers": "use SGD, Adam, AdamW or RMSprop",
    "schedules": "use the callback LearningRateScheduler with a function of the epoch",
    "callbacks": "write a subclass of Callback, or a LambdaCallback",
    "initializers": "use a name such as 'he_normal', or set_weights after building",
    "regularizers": "use L1, L2 or L1L2",
    "activations": "write the activation as a layer of opsin.nn (see examples/own_layers.py)",
    "backend": _TORCH,
    "utils": "use NumPy or torch",
    "image": _FOLDER,
    "preprocessing": _FOLDER,
    "mixed_precision": "use set_global_policy('mixed_bfloat16')",
}

_ATTRIBUTES: dict[str, str] = {
    **dict.fromkeys(("input", "output", "inputs", "outputs"), _SHOW),
    **dict.fromkeys(("kernel", "bias", "gamma", "beta", "variables", "trainable_variables"), _WEIGHTS),
    **dict.fromkeys(("add_weight", "add_loss", "add_metric", "call"), _OWN_LAYER),
    **dict.fromkeys(("get_config", "from_config", "to_json"), "save the model with model.save"),
    "export": "save the model with model.save, or use torch.export on model.network",
}

MODEL_HOOKS = (
    "call", "train_step", "test_step", "predict_step", "compute_loss", "compute_metrics", "make_train_function",
    "make_test_function", "make_predict_function",
)  # fmt: skip
"""Methods that Keras calls when a model overrides them, and `opsin.keras` does not."""
LAYER_HOOKS = ("call", "build", "compute_output_shape")
"""Methods of custom layers."""


class MissingError(OpsinError, ImportError):
    """A name of Keras is not in `opsin.keras`. `except ImportError` catches it, as for an optional import."""


class MissingAttributeError(OpsinError, AttributeError):
    """A name is not in a module of `opsin.keras`; `hasattr` gives False."""


def missing(module: str) -> Callable[[str], Any]:
    """Returns the `__getattr__` of a module of the door: it refuses each name in one line.

    Args:
        module: Name of the module, such as "opsin.keras.layers".
    """

    def refuse(name: str) -> Any:
        if name.startswith("_") or _is_submodule(module, name):
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        known = [one for one in vars(sys.modules[module]) if not one.startswith("_")]
        error = missing_error(f"{module}.{name}", known)
        if name in _ADVICE or name[0].isupper():
            raise error
        raise MissingAttributeError(str(error))  # perhaps a name that a tool looks for in every module

    return refuse


def missing_error(path: str, known: Sequence[str] = ()) -> MissingError:
    """Returns the error for a name that Keras has and Opsin does not have.

    Args:
        path: Full name, such as "opsin.keras.layers.LSTM".
        known: Names that the module has, for names that are misspelt.

    Examples:
        >>> print(missing_error("opsin.keras.layers.Lambda"))  # doctest: +ELLIPSIS
        keras.layers.Lambda is not in opsin.keras. Fix: write the layer as a dataclass of opsin.nn ...
    """
    parts = path.split(".")[1:]
    special = next((_ADVICE[part] for part in parts[1:] if part in _ADVICE), "")
    if not special and parts[-1].startswith("Random"):
        special = _AUGMENT
    same = [one for one in known if one.casefold() == parts[-1].casefold()]
    special = f"write {same[0]}" if same else special
    guess = "" if special else did_you_mean(parts[-1], known)
    default = next((_DEFAULTS[part] for part in reversed(parts) if part in _DEFAULTS), _DEFAULTS["keras"])
    return MissingError(f"{'.'.join(parts)} is not in opsin.keras.{guess} Fix: {special or default}.")


def refuse_attribute(owner: str, name: str) -> None:
    """Raises for an attribute of Keras's layers or models that the door does not have; returns for other names.

    Args:
        owner: Name of the layer or model.
        name: Name of the attribute.

    Raises:
        OpsinError: The attribute is one of Keras's.
    """
    if name in _ATTRIBUTES:
        raise OpsinError(f"{owner}.{name} is not in opsin.keras. Fix: {_ATTRIBUTES[name]}.")


def refuse_hooks(owner: Any, hooks: Sequence[str], fix: str) -> None:
    """Raises if a class or an object defines a method that Keras would call and the door would ignore.

    Args:
        owner: A class, or an object.
        hooks: Names of the methods.
        fix: Text after "Fix: ".

    Raises:
        OpsinError: A method is defined.
    """
    name = owner.__name__ if isinstance(owner, type) else type(owner).__name__
    found = next((hook for hook in hooks if hook in dir(owner)), None)
    if found is not None:
        raise OpsinError(f"{name}.{found} would never be called by opsin.keras. Fix: {fix}.")


MODEL_FIX = f"{_LOOP}, or give compile a function as loss"
LAYER_FIX = _OWN_LAYER
CALL_FIX = f"list the layers, as in Sequential([Input(shape), Conv2D(16, 3), Dense(3)]); {_BRANCHES}"


class MissingModules:
    """Finder of last resort (`sys.meta_path`): refuses imports such as `opsin.keras.applications.vgg16`."""

    @staticmethod
    def find_spec(fullname: str, path: Any = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Raises MissingError for a module below `opsin.keras`; returns None for all others."""
        if fullname.startswith("opsin.keras."):
            raise missing_error(fullname)
        return None


def _is_submodule(module: str, name: str) -> bool:
    folders = getattr(sys.modules[module], "__path__", None)
    return folders is not None and PathFinder.find_spec(f"{module}.{name}", folders) is not None
