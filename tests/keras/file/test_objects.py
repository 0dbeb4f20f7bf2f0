import json

import pytest

from opsin.core import ModelFileError
from opsin.keras.file.objects import MAX_DEPTH, MAX_OBJECTS, check_objects, read_object

OWN = {"module": "keras.layers", "class_name": "Dense", "config": {}, "registered_name": None}


def refused(data, words):
    content = data if isinstance(data, bytes) else json.dumps(data).encode()
    with pytest.raises(ModelFileError, match=words) as caught:
        read_object(content, "config.json")
    assert len(str(caught.value)) < 400


def test_keras_s_own_objects_are_plain_data():
    found = {"a": [OWN, OWN | {"module": "keras", "registered_name": "Dense"}], "b": "keras", "class_name": "__tuple__"}
    assert read_object(json.dumps(found).encode(), "config.json") == found


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"\xff\xfe\x00", b'{"a": NaN}', b'{"a": -Infinity}', b'{"a": 1e999}', b'{"a": 1, "a": 2}',
        b'{"a": ' + b"9" * 5000 + b"}", b"[" * 10**6, b'{"a":' * 10**5,
    ],
)  # fmt: skip
def test_what_is_no_plain_json_is_refused(content):
    refused(content, "not JSON")


@pytest.mark.parametrize("data", [3, [OWN], "x", None])
def test_what_is_no_object_is_refused(data):
    refused(data, "not a JSON object")


@pytest.mark.parametrize(
    "found",
    [
        {"class_name": "__lambda__", "config": {"code": "4wAAAA==", "defaults": None, "closure": None}},
        OWN | {"class_name": "Lambda", "config": {"function": "os.system"}},
        {"module": "builtins", "class_name": "function", "config": "system", "registered_name": "function"},
        {"module": "os", "class_name": "function", "config": "mean_squared_error", "registered_name": "function"},
        {"module": "builtins", "class_name": "function", "config": ["mean_squared_error"]},
        {"module": "builtins", "class_name": "function", "config": "Custom>mine", "registered_name": "function"},
    ],
)
@pytest.mark.parametrize("wrap", [lambda found: {"a": found}, lambda found: {"layers": [{"config": {"b": [found]}}]}])
def test_code_is_refused_wherever_it_stands(found, wrap):
    refused(wrap(found), "names Python code .* which is never executed. Expected Keras's own")


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({"module": "__main__", "registered_name": "Mine"}, "Mine"),
        ({"module": "os", "class_name": "system"}, "os.system"),
        ({"module": "keras_cv.layers"}, "keras_cv.layers.Dense"),
        ({"module": None, "registered_name": "Custom>Mine"}, "Custom>Mine"),
        ({"registered_name": "Custom>Dense"}, "Custom>Dense"),
        ({"module": "kerashacked"}, "kerashacked.Dense"),
        ({"class_name": ["Dense"]}, "keras.layers"),
        ({"module": 3}, "3.Dense"),
        ({"class_name": "x" * 10**5, "module": "y" * 10**5}, "yyy"),
    ],
)
def test_custom_objects_are_refused(change, shown):
    refused({"a": [OWN | change]}, f"contains the custom object ['\"]{shown}.*Expected Keras's own")


def test_losses_and_metrics_of_keras_may_be_named_as_functions():
    named = {
        "module": "builtins",
        "class_name": "function",
        "config": "mean_squared_error",
        "registered_name": "function",
    }
    assert read_object(json.dumps({"loss": named}).encode(), "config.json") == {"loss": named}


def test_depth_and_number_are_bounded():
    deep = {}
    for _ in range(MAX_DEPTH + 2):
        deep = {"a": deep}
    refused(deep, "more than 64 levels")
    with pytest.raises(ModelFileError, match="more than 200,000 values"):
        check_objects([0] * (MAX_OBJECTS + 1), "config.json")
