"""The commands on faces as a user types them."""

import json

import pytest


@pytest.fixture
def gallery(opsin, people, tmp_path):
    path = tmp_path / "g.safetensors"
    assert opsin("faces", "enroll", path, people / "people", "--consent", "signed").exit_code == 0
    return path


def test_find_prints_a_box_a_face(opsin, people):
    found = json.loads(opsin("faces", "find", people / "visitor.png", people / "coins.png", "--json").stdout)
    assert [len(photo["faces"]) for photo in found] == [1, 0]
    left, top, right, bottom = found[0]["faces"][0]["box"]
    assert 20 < left < 60 < 120 < right < 170
    assert right - left == pytest.approx(bottom - top, abs=0.2)
    assert "1 face in 2 images" in opsin("faces", "find", people / "visitor.png", people / "coins.png").stdout


def test_verify_says_same_or_no_usable_face(opsin, people):
    pair = people / "people" / "ada" / "first.png", people / "visitor.png"
    verdict = json.loads(opsin("faces", "verify", *pair, "--json").stdout)
    assert verdict["decision"] == "same"
    assert verdict["distance"] < verdict["threshold"]
    none = opsin("faces", "verify", people / "coins.png", people / "visitor.png").stdout
    assert none.splitlines()[0] == "no usable face"


def test_search_names_who_is_enrolled(opsin, people, gallery):
    found = json.loads(opsin("faces", "search", gallery, people / "visitor.png", "--json").stdout)
    face = found[0]["faces"][0]
    assert (face["decision"], face["name"]) == ("same", "ada")
    assert face["expected_false_alarms"] == pytest.approx(0.001)
    assert "ada" in opsin("faces", "search", gallery, people / "visitor.png").stdout


def test_enroll_leaves_out_photos_without_a_face(opsin, people, tmp_path):
    path = tmp_path / "g.safetensors"
    ended = opsin("faces", "enroll", path, people, "--consent", "x", "--name", "ada", "--json")
    result = json.loads(ended.stdout)
    assert result["added"] == 3
    assert [(note["reasons"], note["used"]) for note in result["notes"]] == [(["no face"], False)]


def test_an_encrypted_gallery_needs_its_passphrase(opsin, people, tmp_path, monkeypatch):
    path = tmp_path / "g.safetensors"
    monkeypatch.setenv("OPSIN_PASSPHRASE", "correct")
    assert opsin("faces", "enroll", path, people / "people", "--consent", "signed").exit_code == 0
    assert b"signed" not in path.read_bytes()
    assert opsin("faces", "search", path, people / "visitor.png").exit_code == 0
    for other in ("wrong", None):
        monkeypatch.setenv("OPSIN_PASSPHRASE", other) if other else monkeypatch.delenv("OPSIN_PASSPHRASE")
        ended = opsin("faces", "search", path, people / "visitor.png")
        assert ended.exit_code == 1
        assert len(ended.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("name", ["gone.png", "text.png", "empty.png"])
def test_what_is_no_image_is_one_line(opsin, name, tmp_path, people):
    (tmp_path / "text.png").write_text("no image")
    (tmp_path / "empty.png").touch()
    ended = opsin("faces", "verify", tmp_path / name, people / "visitor.png")
    assert ended.exit_code == 1
    assert len(ended.stderr.strip().splitlines()) == 1
    assert name in ended.stderr


def test_crops_are_written_only_on_request(opsin, people, tmp_path):
    opsin("faces", "find", people / "visitor.png")
    assert list(tmp_path.iterdir()) == []
    opsin("faces", "find", people / "visitor.png", people / "coins.png", "--crops", tmp_path / "crops")
    (crop,) = (tmp_path / "crops").iterdir()
    assert crop.name == "visitor-1.png"
    again = json.loads(opsin("faces", "verify", crop, people / "visitor.png", "--json").stdout)
    assert again["decision"] == "same"
