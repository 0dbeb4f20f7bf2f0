"""Arguments of `compile` and their effect on fit and evaluate."""

import numpy as np

from opsin import keras as ours


def test_before_compile_there_is_nothing():
    model = ours.Sequential([ours.layers.Dense(2, input_shape=(3,))])
    assert (model.compiled, model.optimizer, model.loss, model.metrics) == (False, None, None, [])


def test_compiling_anew_starts_the_optimizer_anew(twins, describe, images):
    x, y = images
    kept = []
    for model in twins(describe):
        for _ in range(2):
            model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
            model.fit(x, y, batch_size=8, shuffle=False, verbose=0)
        kept.append((model.get_weights(), int(model.optimizer.iterations)))
    assert kept[1][1] == kept[0][1] == 3
    for a, b in zip(kept[1][0], kept[0][0], strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)


def test_names_come_in_the_order_of_evaluate(describe, images):
    model = ours.Sequential(describe(ours.layers))
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    values = model.evaluate(*images, verbose=0)
    assert dict(zip(model.metrics_names, values, strict=True)) == model.evaluate(*images, verbose=0, return_dict=True)
    assert model.metrics_names == ["loss", "accuracy"]
