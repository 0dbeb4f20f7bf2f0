import time

import pytest

from opsin.core import DataError
from opsin.data import read
from opsin.data.formats.scan import count, scan, some


def test_images_others_and_hidden_files(tmp_path):
    for name in (
        "b/ü 1.JPG",
        "b/2.png",
        "a.tiff",
        "Thumbs.db",
        ".DS_Store",
        ".git/x.png",
        "__MACOSX/y.png",
        "notes.txt",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = scan(tmp_path)
    assert found.images == ("a.tiff", "b/2.png", "b/ü 1.JPG")
    assert found.others == ("notes.txt",)
    assert found.notes == ("4 hidden or system files left out: .DS_Store, .git, Thumbs.db, __MACOSX",)


@pytest.mark.parametrize(
    "name",
    ["@eaDir/cat.jpg/SYNOPHOTO_THUMB.jpg", "cat/@eaDir/1.jpg/SYNOPHOTO_THUMB_M.jpg", "$RECYCLE.BIN/S-1/1.jpg",
     "#recycle/1.png", "lost+found/1.png", ".Trash-1000/files/1.png", ".ipynb_checkpoints/1-checkpoint.png",
     "System Volume Information/1.png", "cat/Thumbs.db", "Desktop.ini", "cat/._1.png", "@Recycle/1.jpg",
     "wandb/run-1/files/media/images/1.png", "cat/.thumbnails/1.jpg", "__pycache__/x.pyc"],
)  # fmt: skip
def test_what_systems_and_tools_leave_behind_is_left_out(tmp_path, name):
    for made in ("cat/1.png", name):
        (tmp_path / made).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / made).touch()
    found = scan(tmp_path)
    assert found.images == ("cat/1.png",) and not found.others and found.notes[0].startswith("1 hidden or system file")


@pytest.mark.parametrize(
    ("folder", "files", "note"),
    [
        ("runs/classify/a-1", ("args.yaml", "last.safetensors", "plots/1.png"), "1 run folder left out: "),
        ("runs/evaluate/a-1", ("evaluation.json", "report.html", "plots/1.png"), "1 run folder left out: "),
        ("my model", ("args.yaml", "metrics.csv", "x/1.png"), "1 run folder left out: "),
        ("runs/detect/train", ("args.yaml", "weights/best.pt", "train_batch0.jpg"), "1 run folder left out: "),
        ("venv", ("pyvenv.cfg", "lib/python3.11/matplotlib/home.png"), "1 virtual environment left out: "),
    ],
)
def test_runs_and_environments_are_left_out_and_named(tmp_path, folder, files, note):
    for name in ("cat/1.png", "args.yaml", *(f"{folder}/{name}" for name in files)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = scan(tmp_path)
    assert (found.images, found.others) == (("cat/1.png",), ("args.yaml",)) and found.notes == (note + folder,)


def test_the_plots_of_a_run_in_the_folder_itself_are_left_out(tmp_path):
    for name in ("cat/1.png", "dog/1.png", "args.yaml", "best.safetensors", "plots/1.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert scan(tmp_path).images == ("cat/1.png", "dog/1.png")


def test_links_outside_of_the_folder_are_left_out(tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "x.png").touch()
    (tmp_path / "data" / "a").mkdir(parents=True)
    (tmp_path / "data" / "a" / "1.png").touch()
    (tmp_path / "data" / "file.png").symlink_to(tmp_path / "outside" / "x.png")
    (tmp_path / "data" / "folder").symlink_to(tmp_path / "outside")
    (tmp_path / "data" / "again").symlink_to(tmp_path / "data" / "a")
    (tmp_path / "data" / "round").symlink_to(tmp_path / "data")
    (tmp_path / "data" / "in.png").symlink_to(tmp_path / "data" / "a" / "1.png")
    found = scan(tmp_path / "data")
    assert "in.png" in found.images and len(found.images) == 2  # each folder once, and no circles
    assert found.notes == ("2 links to targets outside of the folder left out: file.png, folder",)


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"the folder .* cannot be read: .* Fix: check its name"):
        scan(tmp_path / "nope")


def test_counts_and_lists_in_messages():
    assert (count(1, "image"), count(["a", "b"], "image"), count((), "image")) == ("1 image", "2 images", "0 images")
    assert some(["b", "a"]) == "a, b"
    assert some([str(number) for number in range(9)], 2) == "0, 1, and 7 more"


@pytest.mark.slow
def test_sixty_thousand_files_are_read_in_a_second(tmp_path):
    for label in range(10):
        (tmp_path / str(label)).mkdir()
        for number in range(6000):
            (tmp_path / str(label) / f"{number}.png").touch()
    begun = time.process_time()
    assert len(read(tmp_path)) == 60_000
    assert time.process_time() - begun < 1.5  # a third of that when nothing else runs
