"""A network of Opsin's layers is a torch module: custom training loop, torch.compile, torch.export.

python examples/torch_loop.py [--no-compile]               # torch.compile requires a C++ compiler (25 s; 6 s without)
"""

import sys

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits

from opsin.nn import Conv2D, Dense, Flatten, MaxPooling2D, Sequential

digits = load_digits()
x = torch.from_numpy(digits.images / 16).float()[:, None]  # (batch, channels, height, width)
y = torch.from_numpy(digits.target)
train, test = slice(0, 1500), slice(1500, None)

net = Sequential(
    [Conv2D(16, 3, padding="same", activation="relu"), MaxPooling2D(2), Flatten(), Dense(10, activation="softmax")],
    input_shape=(8, 8, 1),
    seed=0,
)

optimizer = torch.optim.AdamW(net.parameters(), 1e-2)
for epoch in range(10):
    for batch in torch.randperm(1500, generator=torch.Generator().manual_seed(epoch)).split(50):
        optimizer.zero_grad()
        F.cross_entropy(net.logits(x[train][batch]), y[train][batch]).backward()  # logits: before the final softmax
        optimizer.step()

net.eval()
with torch.inference_mode():
    expected = net(x[test])  # probabilities
print(f"test accuracy on {len(expected)} digits: {(expected.argmax(1) == y[test]).float().mean():.3f}")

if "--no-compile" not in sys.argv:
    compiled = torch.compile(net, options={"compile_threads": 1})
    with torch.inference_mode():
        print(f"compiled: largest difference {(compiled(x[test]) - expected).abs().max():.1e}")

program = torch.export.export(net, (x[:2],), dynamic_shapes=({0: torch.export.Dim("images")},))
torch.export.save(program, "digits.pt2")
loaded = torch.export.load("digits.pt2").module()
print(f"exported, saved and loaded: largest difference {(loaded(x[test]) - expected).abs().max():.1e}")
