"""Functions of keras.backend compared with Keras."""

import pytest

from opsin import keras as ours


@pytest.mark.parametrize("name", ["epsilon", "floatx", "image_data_format"])
def test_settings_match_keras(oracle, name):
    assert getattr(ours.backend, name)() == getattr(oracle.backend, name)()
