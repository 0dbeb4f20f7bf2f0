"""The few words of keras.backend say what Keras's say."""

import pytest

from opsin import keras as ours


@pytest.mark.parametrize("name", ["epsilon", "floatx", "image_data_format"])
def test_settings_are_kerass(oracle, name):
    assert getattr(ours.backend, name)() == getattr(oracle.backend, name)()
