"""The module paths of Keras are there."""

from opsin import keras as ours

# What layers ask of their arguments stands beside what it is about.
OWN = {
    "activations.Activation",
    "activations.activation_name",
    "initializers.initializer_name",
    "regularizers.regularizer",
}


def test_module_paths():
    from opsin.keras.utils import set_random_seed, to_categorical

    from opsin.keras import layers, models
    from opsin.keras.callbacks import EarlyStopping
    from opsin.keras.layers import Conv2D
    from opsin.keras.models import Sequential, load_model, save_model
    from opsin.keras.optimizers import Adam
    from opsin.keras.preprocessing.image import img_to_array, load_img

    assert to_categorical is ours.utils.to_categorical and set_random_seed is ours.utils.set_random_seed
    assert models.Sequential is Sequential is ours.Sequential and layers.Conv2D is Conv2D
    assert all(callable(one) for one in (EarlyStopping, load_model, save_model, Adam, img_to_array, load_img))


def test_what_is_there_has_a_name_that_keras_has_too(oracle):
    """A name of ours that Keras has not would let scripts be written here that do not run there."""
    modules = ("activations", "callbacks", "losses", "metrics", "optimizers", "regularizers", "utils", "initializers")
    more = {
        f"{name}.{one}"
        for name in modules
        for one, value in vars(getattr(ours, name)).items()
        if not one.startswith("_") and callable(value) and not hasattr(getattr(oracle, name), one)
        and str(getattr(value, "__module__", "")).startswith("opsin.keras")
    }  # fmt: skip
    assert more == OWN
