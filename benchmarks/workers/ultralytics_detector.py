"""Ultralytics' YOLO from random weights in its trainer's loop; argument 1 is the network, 2 the precision.

Networks have names such as `yolo11n`; precisions are `float32`, which its trainer uses on CPUs, and `bf16`
(autocast).
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


def prepare(mode: str, side: int, batch: int) -> Work:
    """Prepares mode "train" (forward, loss, backward, SGD, weight average) or "predict" (uint8 to boxes)."""
    model = DetectionModel(f"{NETWORK}.yaml", nc=3, verbose=False)
    model.args = get_cfg()
    pixels, boxes = scenes(batch, side)

    def half() -> torch.autocast | nullcontext[None]:
        return torch.autocast("cpu", torch.bfloat16) if KIND == "bf16" else nullcontext()

    def images() -> torch.Tensor:
        return torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255

    if mode == "predict":
        model.eval().fuse(verbose=False)

        def predict() -> int:
            with torch.inference_mode(), half():
                outputs = model(images())
            for found in non_max_suppression(outputs, conf_thres=0.25, iou_thres=0.7):
                found.numpy()
            return batch

        return predict
    labels = torch.from_numpy(np.concatenate(boxes))
    corners = labels[:, :4] / side
    target = {
        "batch_idx": torch.arange(batch).repeat_interleave(len(boxes[0])).float(),
        "cls": labels[:, 4:],
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
