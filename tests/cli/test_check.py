import json
from pathlib import Path

from PIL import Image


def test_prints_a_table_within_80_columns_and_the_next_command(opsin, squares):
    ended = opsin("check", squares)
    assert ended.exit_code == 0, ended.stderr
    assert all(len(line) <= 80 for line in ended.stdout.splitlines() if not line.startswith(("note", "next")))
    for part in ("class folders", "classify", "48", "24x24", "none given", "grün", "12", "runs/check/squares-1.html"):
        assert part in ended.stdout
    assert f"next    opsin train {squares}" in ended.stdout
    assert Path("runs/check/squares-1.html").is_file()


def test_json_is_one_object(opsin, squares):
    ended = opsin("check", squares, "--json", "-o", "page.html")
    found = json.loads(ended.stdout)
    assert ended.stdout.count("\n") == 1 and Path("page.html").is_file()
    assert (found["format"], found["task"], found["images"]) == ("class folders", "classify", 48)
    assert found["classes"] == dict.fromkeys(("blau", "grau", "grün", "rot"), 12)
    assert found["splits"] == {} and found["notes"] == [] and found["page"] == "page.html"


def test_many_classes_are_cut(opsin, tmp_path):
    from PIL import Image

    for number in range(30):
        folder = tmp_path / "many" / f"class {number:02}"
        folder.mkdir(parents=True)
        Image.new("L", (8, 8)).save(folder / "1.png")
        Image.new("L", (8, 8)).save(folder / "2.png")
    ended = opsin("check", "many")
    assert "class 19" in ended.stdout and "class 20" not in ended.stdout and "and 10 more" in ended.stdout


def test_errors_are_one_line(opsin, fails):
    assert "missing" in fails("check", "missing")
    assert opsin("check", "--json").exit_code == 2


def test_formats_are_listed_with_examples_within_80_columns(opsin):
    for command in ("check", "train"):
        ended = opsin(command, "--formats")
        assert ended.exit_code == 0 and max(map(len, ended.stdout.splitlines())) <= 80
        for name in ("class folders", "COCO", "YOLO", "Pascal VOC", "nnU-Net", "npz", "photos/cat/1.jpg", "data.yaml"):
            assert name in ended.stdout


def test_labels_chooses_the_column(opsin, tmp_path):
    for at in range(4):
        Image.new("L", (8, 8), at).save(tmp_path / f"{at}.png")
    rows = [f"{at}.png,{'ab'[at % 2]},{'xyz'[at % 3]}" for at in range(4)]
    (tmp_path / "t.csv").write_text("\n".join(["file,shop,crop", *rows]))
    words = "check", str(tmp_path), "-o", str(tmp_path / "page.html"), "--json", "--labels"
    assert json.loads(opsin(*words, "crop").stdout)["classes"] == {"x": 2, "y": 1, "z": 1}
    ended = opsin(*words, "shoop")
    assert ended.exit_code == 1 and "Did you mean 'shop'?" in ended.stderr
