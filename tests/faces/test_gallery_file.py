"""The file of a gallery: whole, damaged, encrypted, interrupted."""

import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsin.core import ModelFileError, OpsinError
from opsin.faces import Gallery, Template, read_gallery, write_gallery

NETWORK = "ab" * 32
NAMES = st.sampled_from(["Grace", "Jürgen Müller", "李小龙", "a/../b", '"quoted"', "O'Neil, Jr.", "x" * 200])


def made(names, photos=2, seed=0):
    """A gallery of random embeddings."""
    generator = np.random.default_rng(seed)
    gallery = Gallery(NETWORK)
    for name in names:
        vectors = generator.normal(size=(photos, 128)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        templates = (Template(generator.bytes(32).hex(), "2026-01-31", vector, ("small",)) for vector in vectors)
        gallery = gallery.enroll(name, f"form of {name}", tuple(templates))
    return gallery


def plain(gallery):
    """All that a gallery holds, to compare."""
    rows = [(p.name, p.consent, t.digest, t.date, t.problems, t.vector.tobytes()) for p, t in gallery.templates()]
    return gallery.network, gallery.far, gallery.calibration, rows


@given(st.lists(NAMES, max_size=4, unique=True), st.integers(1, 3), st.sampled_from([None, None, None, "secret"]))
@settings(max_examples=12, deadline=None)
def test_what_is_written_is_read(tmp_path_factory, names, photos, passphrase):
    pytest.importorskip("cryptography")
    path = tmp_path_factory.mktemp("gallery") / "g.safetensors"
    gallery = made(names, photos)
    write_gallery(path, gallery, passphrase)
    assert plain(read_gallery(path, NETWORK, passphrase)) == plain(gallery)


def test_another_network_is_refused(tmp_path):
    write_gallery(tmp_path / "g.safetensors", made(["Ludwig"]))
    with pytest.raises(ModelFileError, match="cannot be compared"):
        read_gallery(tmp_path / "g.safetensors", "cd" * 32)


@pytest.mark.parametrize("passphrase", [None, "secret"])
def test_a_damaged_file_is_one_error(tmp_path, passphrase):
    pytest.importorskip("cryptography")
    path = tmp_path / "g.safetensors"
    write_gallery(path, made(["Ludwig", "grace"]), passphrase)
    content = path.read_bytes()
    generator = np.random.default_rng(0)
    for number in range(60 if passphrase is None else 10):
        broken = bytearray(content)
        for place in generator.integers(0, len(content), 3):
            broken[place] ^= 1 << int(generator.integers(0, 8))
        path.write_bytes(broken[: generator.integers(0, len(content))] if number % 3 == 0 else broken)
        try:
            read_gallery(path, NETWORK, passphrase)
        except ModelFileError as error:
            assert "\n" not in str(error)
        else:
            assert passphrase is None  # a changed letter of a name is still a name; GCM finds every change


def test_encryption_hides_names_and_vectors(tmp_path):
    pytest.importorskip("cryptography")
    gallery = made(["Ludwig"])
    write_gallery(tmp_path / "g.safetensors", gallery, "secret")
    content = (tmp_path / "g.safetensors").read_bytes()
    template = gallery.people[0].templates[0]
    assert not any(part in content for part in (b"Ludwig", template.digest.encode(), template.vector.tobytes()))
    with pytest.raises(ModelFileError, match="passphrase"):
        read_gallery(tmp_path / "g.safetensors", NETWORK)


def test_who_is_forgotten_is_in_no_byte_of_the_folder(tmp_path):
    path = tmp_path / "g.safetensors"
    gallery = made(["Ludwig", "grace"])
    write_gallery(path, gallery)
    (tmp_path / ".g.safetensors.4711.part").write_bytes(path.read_bytes())  # a write that was killed
    write_gallery(path, gallery.forget("Ludwig"))
    gone = gallery.person("Ludwig")
    left = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    for template in gone.templates:
        assert template.vector.tobytes() not in left
        assert template.digest.encode() not in left
    assert b"Ludwig" not in left
    assert [person.name for person in read_gallery(path, NETWORK).people] == ["grace"]


def test_a_full_disk_leaves_the_old_gallery(tmp_path, monkeypatch):
    path = tmp_path / "g.safetensors"
    write_gallery(path, made(["Ludwig"]))
    before = path.read_bytes()

    def full(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OpsinError, match="No space left"):
        write_gallery(path, made(["grace"]))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_other_names_are_refused(tmp_path):
    with pytest.raises(OpsinError, match=r"ends in \.safetensors"):
        write_gallery(tmp_path / "people.csv", made([]))


WRITER = """
import sys
from pathlib import Path
import numpy as np
from opsin.faces import Gallery, Template, write_gallery

vector = np.eye(128, dtype=np.float32)[0]
photos = tuple(Template(f"{number:064}", "2026-01-31", vector) for number in range(2000))
galleries = [Gallery("ab" * 32).enroll(name, "form", photos) for name in ("Ludwig", "Grace")]
print("ready", flush=True)
while True:
    for gallery in galleries:
        write_gallery(Path(sys.argv[1]), gallery)
"""


def test_a_killed_write_leaves_a_whole_gallery_and_no_trace_after_the_next(tmp_path):
    path = tmp_path / "g.safetensors"
    generator = np.random.default_rng(0)
    for _ in range(2):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            time.sleep(0.05 + 0.2 * generator.random())
            process.kill()
        if path.exists():
            assert len(read_gallery(path, NETWORK).people[0].templates) == 2000
    write_gallery(path, made(["Mary"]))
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    assert b"Ludwig" not in path.read_bytes()
