"""Names are counted over the session, as Keras counts them."""

from opsin import keras as ours


def test_names_match_keras(oracle):
    named = []
    for keras in (oracle, ours):
        keras.utils.clear_session()
        made = [keras.layers.Dense(1), keras.layers.Dense(1), keras.layers.MaxPooling2D(), keras.Sequential()]
        made += [keras.layers.Conv2DTranspose(1, 2), keras.Sequential(), keras.layers.Dense(1, name="out")]
        keras.backend.clear_session()
        named.append([one.name for one in (*made, keras.layers.Dense(1))])
    assert named[1] == named[0]
    assert named[1][:3] == ["dense", "dense_1", "max_pooling2d"]
