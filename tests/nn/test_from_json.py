import pytest

from opsin.core import NetworkError
from opsin.nn import Dense, Residual, layer_from_json


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "type NoneType in the description. Expected a JSON object"),
        ([], "type list in the description"),
        ({}, "type None. Expected one of Activation"),
        ({"type": "Lambda"}, "type 'Lambda'"),
        ({"type": ["Dense"]}, "Expected one of"),
        ({"type": "Layer", "name": None}, "type 'Layer'"),
        ({"type": "Dense", "name": None}, "Dense in the description lacks activation, kernel_initializer, units"),
        (Dense(3).to_json() | {"seed": 1, "x": 2}, "has unknown seed, x. Expected activation"),
        (Dense(3).to_json() | {"units": "3"}, "units='3'"),
        (Dense(3).to_json() | {"units": {"type": "Dense"}}, "lacks"),
        (Dense(3).to_json() | {"units": {}}, "type None"),
        (Dense(3).to_json() | {"name": 3}, "name=3. Expected a string or null"),
        (Dense(3).to_json() | {"activation": ["relu"]}, "activation"),
    ],
)
def test_an_invalid_description_raises_an_error(data, message):
    with pytest.raises(NetworkError, match=message):
        layer_from_json(data)


def test_a_description_nested_too_deeply_raises_an_error():
    data = Dense(3).to_json()
    for _ in range(5000):
        data = Residual([Dense(3)]).to_json() | {"layers": [data]}
    with pytest.raises(NetworkError, match="more than 32 deep"):
        layer_from_json(data)
