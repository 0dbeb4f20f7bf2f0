"""A 3D network on short videos: classify the motion of a digit as left, right or none.

python examples/moving_digits_3d.py                        # 10 s on one core

A single frame does not show the motion; 3D kernels cover time, height and width. Volumes such as CT scans are used in
the same way: shapes are (depth, height, width, channels), tensors are (batch, channels, depth, height, width).
"""

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits

from opsin.nn import Conv3D, Dense, GlobalAveragePooling3D, MaxPooling3D, Sequential

FRAMES, SIZE, MOTIONS = 6, 16, ("left", "still", "right")
digits = load_digits().images / 16
rng = np.random.default_rng(0)


def make_video(digit: np.ndarray, motion: int) -> np.ndarray:
    """Returns (frames, height, width) of a digit that moves by -1, 0 or 1 pixel a frame, with wrap-around."""
    image = np.zeros((SIZE, SIZE), np.float32)
    image[4:12, 4:12] = digit
    down, right = rng.integers(0, SIZE, 2)
    return np.stack([np.roll(image, (down, right + motion * frame), (0, 1)) for frame in range(FRAMES)])


labels = rng.integers(0, 3, len(digits))
videos = np.stack([make_video(digit, int(label) - 1) for digit, label in zip(digits, labels, strict=True)])
x, y = torch.from_numpy(videos[:, None]), torch.from_numpy(labels)  # (N, 1, frames, height, width)
train, test = slice(0, 1400), slice(1400, None)

net = Sequential(
    [
        Conv3D(8, 3, padding="same", activation="relu"),
        MaxPooling3D((1, 2, 2)),
        Conv3D(16, 3, padding="same", activation="relu"),
        MaxPooling3D(2),
        Conv3D(16, 3, padding="same", activation="relu"),
        GlobalAveragePooling3D(),
        Dense(len(MOTIONS), activation="softmax"),
    ],
    input_shape=(FRAMES, SIZE, SIZE, 1),
    seed=0,
)
net.summary(details=True)

optimizer = torch.optim.Adam(net.parameters(), 5e-3)
for epoch in range(4):
    for batch in torch.randperm(1400, generator=torch.Generator().manual_seed(epoch)).split(64):
        optimizer.zero_grad()
        loss = F.cross_entropy(net.logits(x[train][batch]), y[train][batch])
        loss.backward()
        optimizer.step()
    with torch.inference_mode():
        accuracy = (net.eval()(x[test]).argmax(1) == y[test]).float().mean()
    net.train()
    print(f"epoch {epoch + 1}: loss {loss.item():.3f}, test accuracy {accuracy.item():.3f}")
