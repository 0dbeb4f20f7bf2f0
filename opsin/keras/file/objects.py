"""config.json as plain data, once it is known to name nothing but Keras's own objects."""

from typing import Any, cast

from opsin.core import ModelFileError
from opsin.model.file import parse

MOST_OBJECTS = 200_000
MOST_DEPTH = 64
_CODE = ("Lambda", "__lambda__", "function", "lambda")
_PLAIN = ("__tuple__", "__keras_tensor__")  # how Keras writes a tuple, and a shape in a Functional model
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
"""Keras's own losses and metrics, which a compiled model may name as functions."""


def read_object(content: bytes, what: str) -> dict[str, Any]:
    """A member as a JSON object; ModelFileError when it is none, is nested deep or names code or custom objects."""
    try:
        found = parse(content)
    except ValueError as error:
        raise ModelFileError(f"has a {what} that is no JSON ({error}): it is damaged") from error
    if not isinstance(found, dict):
        raise ModelFileError(f"has a {what} that is no JSON object: it is damaged")
    check_objects(found, what)
    return cast("dict[str, Any]", found)


def check_objects(data: object, what: str) -> None:
    """Raises ModelFileError when the data is nested deep or names anything that is not Keras's own."""
    count, waiting = 0, [(data, 0)]
    while waiting:
        item, depth = waiting.pop()
        count += 1
        if depth > MOST_DEPTH or count > MOST_OBJECTS:
            limit = f"{MOST_DEPTH} levels" if depth > MOST_DEPTH else f"{MOST_OBJECTS:,} values"
            raise ModelFileError(f"has a {what} of more than {limit}: it is no model of Keras")
        if isinstance(item, dict):
            values = cast("dict[str, object]", item)
            if "class_name" in values:
                _check_origin(values)
            waiting.extend((value, depth + 1) for value in values.values())
        elif isinstance(item, list):
            waiting.extend((value, depth + 1) for value in cast("list[object]", item))


def _check_origin(found: dict[str, object]) -> None:
    kind, module, registered = found["class_name"], found.get("module"), found.get("registered_name")
    if kind in _PLAIN or (kind == "function" and module == "builtins" and _is_own(found.get("config"))):
        return
    if kind in _CODE:
        name = found.get("config") if kind == "function" else kind
        raise ModelFileError(
            f"names Python code ({name!r:.100}), which is never run; build the model from Keras's own layers, losses "
            "and metrics by their names and save it again"
        )
    own = isinstance(module, str) and (module == "keras" or module.startswith("keras."))
    if not own or not isinstance(kind, str) or registered not in (None, kind):
        label = registered if isinstance(registered, str) else f"{module}.{kind}"
        raise ModelFileError(
            f"holds the custom object {label!r:.100}; expected Keras's own only: replace it and save the model again"
        )


def _is_own(function: object) -> bool:
    return isinstance(function, str) and function in _FUNCTIONS
