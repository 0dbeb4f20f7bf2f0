import json
from dataclasses import FrozenInstanceError

import pytest

from opsin.nn import Conv2D, Dense, Residual


def test_a_layer_is_immutable():
    layer = Conv2D(8, 3, name="stem")
    with pytest.raises(FrozenInstanceError):
        layer.filters = 9
    assert layer == Conv2D(8, 3, name="stem") != Conv2D(8, 3)
    assert len({layer, Conv2D(8, 3, name="stem")}) == 1


def test_repr_is_the_constructor_call():
    assert repr(Dense(3, activation="relu", name="head")) == "Dense(name='head', units=3, activation='relu')"


def test_json_has_every_field():
    data = Residual([Dense(3)]).to_json()
    assert json.loads(json.dumps(data)) == data
    assert data == {
        "type": "Residual",
        "name": None,
        "layers": [
            {
                "type": "Dense",
                "name": "dense",
                "units": 3,
                "activation": None,
                "use_bias": True,
                "kernel_initializer": "glorot_uniform",
            }
        ],
        "shortcut": [],
    }
