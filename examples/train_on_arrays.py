"""Train on arrays, print the scores and predict: generated images of squares and discs.

python examples/train_on_arrays.py FOLDER                  # FOLDER: run folder, must not exist
"""

import sys

import numpy as np

import opsin

rng = np.random.default_rng(0)
y, x = np.mgrid[:16, :16]
images, labels = [], []
for number in range(200):
    top, left = rng.integers(5, 11, 2)
    disc = number % 2
    shape = (y - top) ** 2 + (x - left) ** 2 < 20 if disc else np.maximum(abs(y - top), abs(x - left)) < 4
    images.append(np.where(shape, 200, 40) + rng.integers(0, 40, (16, 16)))
    labels.append("disc" if disc else "square")
pixels = np.array(images, np.uint8)

run = opsin.train((pixels, labels), epochs=3, model="simple", hflip=True, out=sys.argv[1])
print("accuracy", run.scores["accuracy"], "baseline", run.baseline["accuracy"])
print(opsin.load(run.model).predict(pixels[0])[0])
