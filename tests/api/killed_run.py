"""A whole training by `opsin.api`, killed at some of its moments and resumed. DATA FOLDER MODEL [STAGE:COUNT ...]

A stage is one of the progress, or "prepared" (all decided, nothing kept of it) or "recorded" (kept, no step taken).
"""

import os
import signal
import sys

import torch

from opsin import api
from opsin.api import training

MOMENTS = {"prepared": "write_record", "recorded": "Trainer"}


def work(data, folder, model, stop, resumed):
    """Trains or resumes; kills itself at the count-th report of a stage."""
    seen = 0

    def progress(stage, done, total, note=""):
        nonlocal seen
        seen += bool(stop) and stage == stop[0]
        if stop and seen == stop[1]:
            os.kill(os.getpid(), signal.SIGKILL)

    def say(line):
        print(line, file=sys.stderr, flush=True)

    def die(*_):
        os.kill(os.getpid(), signal.SIGKILL)

    torch.set_num_threads(1)
    if stop and stop[0] in MOMENTS:
        setattr(training, MOMENTS[stop[0]], die)
    if resumed:
        api.resume(folder, progress=progress, say=say)
    else:
        api.train(data, model=model, epochs=3, out=folder, device="cpu", progress=progress)


def main():
    """A process for each stop, and one that finishes."""
    data, folder, model, *stops = sys.argv[1:]
    for number, text in enumerate([*stops, ""]):
        stage, _, count = text.partition(":")
        child = os.fork()
        if not child:
            work(data, folder, model, (stage, int(count)) if text else None, number > 0)
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
