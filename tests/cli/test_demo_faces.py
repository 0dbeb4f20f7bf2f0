"""The demo on faces: the enrolled person is named in each changed copy, strangers are not."""

import json

import pytest


def test_one_person_is_named_among_strangers(opsin):
    for package in ("face_recognition_models", "skimage"):
        pytest.importorskip(package, reason=f"{package} is not installed")
    ended = opsin("demo", "faces", "--json")
    names = {}
    for photo in json.loads(ended.stdout):
        kind = photo["image"].rpartition("/")[2]
        names[kind] = [face["name"] for face in photo["faces"] if face["decision"] == "same"]
    assert len(names) == 11
    own = {"hflip.png", "darker.png", "smaller.png"}
    assert all(names[kind] == (["Eileen_Collins"] if kind in own else []) for kind in names)
