"""Volumes of MedMNIST's 3D sets: one .npz, classes of whole volumes."""

import numpy as np

import opsin


def test_an_npz_of_volumes_trains_a_classifier_and_predicts(tmp_path):
    random = np.random.default_rng(0)
    parts = {}
    for part, count in (("train", 48), ("val", 12), ("test", 12)):
        labels = np.arange(count)[:, None] % 2
        images = random.integers(0, 90, (count, 12, 14, 16)).astype(np.uint8)
        for image, label in zip(images, labels[:, 0], strict=True):
            image[4:8, 4:9, 5 + 4 * label : 9 + 4 * label] += 130
        parts |= {f"{part}_images": images, f"{part}_labels": labels}
    np.savez(tmp_path / "organs.npz", **parts)
    run = opsin.train(tmp_path / "organs.npz", epochs=6, device="cpu", out=tmp_path / "run")
    assert run.task == "classify" and run.scores["accuracy"].value >= 0.75
    model = opsin.load(run.model, "cpu")
    assert len(model.preprocessing.size) == 4
    (record,) = model.predict(parts["test_images"][0])
    assert set(record) == {"label", "confidence", "p_0", "p_1"}
