"""fastai's `ImageDataLoaders.from_folder` with 2 workers and `fit_one_cycle`; arguments as opsin_folder.py."""

import sys
import tempfile
from importlib.metadata import version

import torch

if "+" in torch.__version__ and "+" not in version("torchvision"):
    # built for another torch; the operations that it lacks are for boxes, which are not used here
    for name in ("nms", "qnms"):
        torch.library.define(f"torchvision::{name}", "(Tensor boxes, Tensor scores, float most) -> Tensor")

from fastai.vision.all import (
    CrossEntropyLossFlat,
    Flip,
    ImageDataLoaders,
    Learner,
    Resize,
    accuracy,
    get_image_files,
)
from reporting import report
from torch_networks import NETWORKS

DATA, EPOCHS, NETWORK, SIDE = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])

if __name__ == "__main__":
    torch.manual_seed(0)
    model = NETWORKS["reference" if NETWORK == "simple" else NETWORK](SIDE).to(memory_format=torch.channels_last)
    loaders = ImageDataLoaders.from_folder(
        DATA, train="train", valid="valid", item_tfms=Resize(SIDE, method="squish"), batch_tfms=[Flip()], bs=128,
        num_workers=2, device=torch.device("cpu"),
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        learner = Learner(loaders, model, loss_func=CrossEntropyLossFlat(), metrics=accuracy, path=folder)
        with learner.no_bar(), learner.no_logging():
            learner.fit_one_cycle(EPOCHS, 1e-3)
        learner.save("model")
        test = loaders.test_dl(get_image_files(f"{DATA}/test"), with_labels=True)
        with learner.no_bar():
            found = float(learner.validate(dl=test)[1])
    report(found)
