"""Reading of config.json as plain data, with a check that it names only Keras's own objects."""

from typing import Any, cast

from opsin.core import ModelFileError
from opsin.model.file import parse

MAX_OBJECTS = 200_000
MAX_DEPTH = 64
_CODE = ("Lambda", "__lambda__", "function", "lambda")
_PLAIN = ("__tuple__", "__keras_tensor__")  # a tuple, and a shape in a Functional model
_FUNCTIONS = frozenset(
    (
        "binary_accuracy", "binary_crossentropy", "binary_focal_crossentropy", "categorical_accuracy",
        "categorical_crossentropy", "categorical_focal_crossentropy", "categorical_generalized_cross_entropy",
        "categorical_hinge", "circle", "concordance_correlation", "cosine_similarity", "ctc", "dice", "hinge", "huber",
        "kl_divergence", "log_cosh", "mean_absolute_error", "mean_absolute_percentage_error", "mean_squared_error",
        "mean_squared_logarithmic_error", "pearson_correlation", "poisson", "sparse_categorical_accuracy",
        "sparse_categorical_crossentropy", "sparse_top_k_categorical_accuracy", "squared_hinge",
        "top_k_categorical_accuracy", "tversky",
    )
)  # fmt: skip
"""Keras's losses and metrics, which a compiled model may name as functions."""


def read_object(content: bytes, name: str) -> dict[str, Any]:
    """Returns a member as a JSON object.

    Args:
        content: Content of the member.
        name: Name of the member, for errors.

    Raises:
        ModelFileError: It is not a JSON object, is nested too deeply, or names code or custom objects.
    """
    try:
        found = parse(content)
    except ValueError as error:
        raise ModelFileError(f"has a {name} that is not JSON ({error}): the file is damaged.") from error
    if not isinstance(found, dict):
        raise ModelFileError(f"has a {name} that is not a JSON object: the file is damaged.")
    check_objects(found, name)
    return cast("dict[str, Any]", found)


def check_objects(data: object, name: str) -> None:
    """Raises ModelFileError if the data is nested too deeply, or names an object that is not Keras's own."""
    count, waiting = 0, [(data, 0)]
    while waiting:
        item, depth = waiting.pop()
        count += 1
        if depth > MAX_DEPTH or count > MAX_OBJECTS:
            limit = f"{MAX_DEPTH} levels" if depth > MAX_DEPTH else f"{MAX_OBJECTS:,} values"
            raise ModelFileError(f"has a {name} of more than {limit}. Expected fewer.")
        if isinstance(item, dict):
            values = cast("dict[str, object]", item)
            if "class_name" in values:
                _check_origin(values)
            waiting.extend((value, depth + 1) for value in values.values())
        elif isinstance(item, list):
            waiting.extend((value, depth + 1) for value in cast("list[object]", item))


def _check_origin(found: dict[str, object]) -> None:
    kind, module, registered = found["class_name"], found.get("module"), found.get("registered_name")
    if kind in _PLAIN or (kind == "function" and module == "builtins" and _is_keras_function(found.get("config"))):
        return
    if kind in _CODE:
        name = found.get("config") if kind == "function" else kind
        raise ModelFileError(
            f"names Python code ({name!r:.100}), which is never executed. Expected Keras's own layers, losses and "
            "metrics. Fix: use those and save the model again."
        )
    own = isinstance(module, str) and (module == "keras" or module.startswith("keras."))
    if not own or not isinstance(kind, str) or registered not in (None, kind):
        label = registered if isinstance(registered, str) else f"{module}.{kind}"
        raise ModelFileError(
            f"contains the custom object {label!r:.100}. Expected Keras's own objects. Fix: replace it and save again."
        )


def _is_keras_function(function: object) -> bool:
    return isinstance(function, str) and function in _FUNCTIONS
