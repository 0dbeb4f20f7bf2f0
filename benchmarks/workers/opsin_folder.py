"""`opsin.train` on class folders by split. Arguments: 1 folder, 2 epochs, 3 network, 4 side of its input."""

import sys
import tempfile

from reporting import report

import opsin

DATA, EPOCHS, NETWORK, SIDE = sys.argv[1], float(sys.argv[2]), sys.argv[3], int(sys.argv[4])

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        run = opsin.train(DATA, epochs=EPOCHS, model=NETWORK, size=SIDE, hflip=True, out=f"{folder}/run")
        report(run.scores["accuracy"].value)
