"""Ultralytics' YOLO from random weights in the loop that its trainer runs; argument 1 is its kind, 2 the precision.

Kinds are names such as `yolo11n`, precisions `float32`, which its trainer takes on processors, and `bf16` (autocast).
"""

import sys
from contextlib import nullcontext

import numpy as np
import torch
from scenes import scenes
from serving import Work, serve
from ultralytics.cfg import get_cfg
from ultralytics.nn.tasks import DetectionModel
from ultralytics.utils.nms import non_max_suppression
from ultralytics.utils.torch_utils import ModelEMA

NETWORK, KIND = sys.argv[1:]


def prepare(what: str, side: int, batch: int) -> Work:
    """`what` is train (forward, loss, backward, SGD, average of the weights) or predict (uint8 in, boxes out)."""
    model = DetectionModel(f"{NETWORK}.yaml", nc=3, verbose=False)
    model.args = get_cfg()
    pixels, boxes = scenes(batch, side)

    def half() -> torch.autocast | nullcontext[None]:
        return torch.autocast("cpu", torch.bfloat16) if KIND == "bf16" else nullcontext()

    def images() -> torch.Tensor:
        return torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255

    if what == "predict":
        model.eval().fuse(verbose=False)

        def predict() -> int:
            with torch.inference_mode(), half():
                raw = model(images())
            for found in non_max_suppression(raw, conf_thres=0.25, iou_thres=0.7):
                found.numpy()
            return batch

        return predict
    told = torch.from_numpy(np.concatenate(boxes))
    corners = told[:, :4] / side
    target = {
        "batch_idx": torch.arange(batch).repeat_interleave(len(boxes[0])).float(),
        "cls": told[:, 4:],
        "bboxes": torch.cat([(corners[:, :2] + corners[:, 2:]) / 2, corners[:, 2:] - corners[:, :2]], 1),
    }
    model.train()
    optimizer = torch.optim.SGD(model.parameters(), 0.01, 0.937, weight_decay=5e-4, nesterov=True)
    average = ModelEMA(model)

    def train() -> int:
        with half():
            loss, _ = model({**target, "img": images()})
        loss.sum().backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 10.0)
        optimizer.step()
        optimizer.zero_grad()
        average.update(model)
        return batch

    return train


if __name__ == "__main__":
    serve(prepare)
