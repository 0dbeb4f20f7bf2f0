import pytest
from PIL import Image

from opsin.core import DataError
from opsin.data import find_images


@pytest.fixture
def folder(tmp_path):
    for name in ("b/2.png", "b/10.JPG", "a ü.png", "b/deep/x.webp"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (2, 2)).save(tmp_path / name)
    (tmp_path / "notes.md").write_text("no image")
    (tmp_path / ".hidden.png").write_text("hidden")
    return tmp_path


def names(folder, found):
    return [path.relative_to(folder).as_posix() for path in found]


def test_folders_are_searched_recursively_and_sorted(folder):
    assert names(folder, find_images(folder)) == ["a ü.png", "b/10.JPG", "b/2.png", "b/deep/x.webp"]
    assert find_images(folder) == find_images(str(folder))


def test_patterns_files_and_lists(folder):
    assert names(folder, find_images(f"{folder}/b/*")) == ["b/10.JPG", "b/2.png"]
    assert names(folder, find_images(f"{folder}/**/*.png")) == ["a ü.png", "b/2.png"]
    assert find_images(folder / "a ü.png") == (folder / "a ü.png",)
    both = find_images([folder / "b" / "deep", str(folder / "a ü.png")])
    assert names(folder, both) == ["b/deep/x.webp", "a ü.png"]


def test_a_text_file_lists_paths(folder):
    (folder / "list.txt").write_text(f"# wanted\na ü.png\n\n{folder}/b/2.png\nmissing.png\n", encoding="utf-8")
    assert [str(path) for path in find_images(folder / "list.txt")] == [
        f"{folder}/a ü.png",
        f"{folder}/b/2.png",
        "missing.png",  # reading it says what is wrong
    ]


def test_an_existing_file_with_pattern_characters_is_a_file(folder):
    Image.new("L", (2, 2)).save(folder / "x[1].png")
    assert find_images(folder / "x[1].png") == (folder / "x[1].png",)


def test_nothing_found_is_a_one_line_error(folder):
    (folder / "empty").mkdir()
    (folder / "none.txt").write_text("\n")
    for source in (folder / "empty", folder / "nope.png", f"{folder}/*.gif", folder / "none.txt"):
        with pytest.raises(DataError) as error:
            find_images(source)
        assert "\n" not in str(error.value)
