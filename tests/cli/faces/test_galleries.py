"""The commands that change or examine a gallery."""

import json


def test_forget_deletes_a_person(opsin, people, tmp_path):
    path = tmp_path / "g.safetensors"
    photos = people / "people"
    opsin("faces", "enroll", path, photos, "--consent", "x", "--name", "Ludwig")
    opsin("faces", "enroll", path, people / "visitor.png", "--consent", "x", "--name", "Grace")
    ended = opsin("faces", "forget", path, "Ludwig")
    assert ended.exit_code == 0
    assert "1 person left" in ended.stdout
    assert b"Ludwig" not in path.read_bytes()
    assert opsin("faces", "forget", path, "Ludwig").exit_code == 1


def test_check_names_one_face_under_two_names(opsin, people, tmp_path):
    path = tmp_path / "g.safetensors"
    for name in ("Ludwig", "Grace"):
        opsin("faces", "enroll", path, people / "people" / "ada" / "first.png", "--consent", "x", "--name", name)
    kinds = {doubt["kind"] for doubt in json.loads(opsin("faces", "check", path, "--json").stdout)}
    assert {"one face under two names", "one file under two names"} <= kinds


def test_calibrate_names_the_people_that_it_needs(opsin, people, tmp_path):
    path = tmp_path / "g.safetensors"
    opsin("faces", "enroll", path, people / "people", "--consent", "x")
    ended = opsin("faces", "calibrate", path)
    assert ended.exit_code == 1
    assert "enroll 19 more" in ended.stderr


def test_cluster_puts_one_person_in_one_group(opsin, people):
    rows = json.loads(opsin("faces", "cluster", people, "--json").stdout)
    assert [row["group"] for row in rows] == [0, 0, 0]


def test_evaluate_needs_two_people(opsin, people):
    ended = opsin("faces", "evaluate", people / "people")
    assert ended.exit_code == 1
    assert "no pairs of different people" in ended.stderr
