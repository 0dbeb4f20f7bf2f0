import pytest

from opsin.core import NetworkError
from opsin.nn import Dense, Residual, layer_from_json


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (None, "NoneType in the description; expected a JSON object"),
        ([], "list in the description"),
        ({}, "type None; expected one of Activation"),
        ({"type": "Lambda"}, "type 'Lambda'"),
        ({"type": ["Dense"]}, "expected one of"),
        ({"type": "Layer", "name": None}, "type 'Layer'"),
        ({"type": "Dense", "name": None}, "Dense in the description lacks activation, kernel_initializer, units"),
        (Dense(3).to_json() | {"seed": 1, "x": 2}, "has unknown seed, x; expected activation"),
        (Dense(3).to_json() | {"units": "3"}, "units, got '3'"),
        (Dense(3).to_json() | {"units": {"type": "Dense"}}, "lacks"),
        (Dense(3).to_json() | {"units": {}}, "type None"),
        (Dense(3).to_json() | {"name": 3}, "name 3; expected a text or null"),
        (Dense(3).to_json() | {"activation": ["relu"]}, "activation"),
    ],
)
def test_what_is_not_a_layer_is_refused(data, said):
    with pytest.raises(NetworkError, match=said):
        layer_from_json(data)


def test_a_description_deeper_than_any_network_is_refused():
    data = Dense(3).to_json()
    for _ in range(5000):
        data = Residual([Dense(3)]).to_json() | {"layers": [data]}
    with pytest.raises(NetworkError, match="more than 32 deep"):
        layer_from_json(data)
