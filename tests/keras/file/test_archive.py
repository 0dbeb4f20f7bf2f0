import stat
import zipfile
import zlib
from pathlib import Path

import pytest

from opsin.core import ModelFileError
from opsin.keras.file.archive import CONFIG, MEMBERS, METADATA, UNLIMITED_BYTES, WEIGHTS, open_archive, write_archive

FIXTURES = Path(__file__).parent / "fixtures"
CONTENTS = {METADATA: b"{}", CONFIG: b'{"a": 1}', WEIGHTS: bytes(range(256)) * 5000}


def made(path, entries, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as members:
        for info, content in entries:
            members.writestr(info, content)
    return path


def refused(path, words):
    with pytest.raises(ModelFileError, match=words), open_archive(path) as archive:
        for name in MEMBERS:
            archive.read(name, 2**22)


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_members_are_read_whole(tmp_path, compression):
    path = made(tmp_path / "a.keras", CONTENTS.items(), compression)
    with open_archive(path) as archive:
        assert {name: archive.read(name, 2**22) for name in MEMBERS} == CONTENTS
        assert archive.size(WEIGHTS) == len(CONTENTS[WEIGHTS])


def test_what_is_written_is_as_keras_writes_it_and_always_the_same(tmp_path):
    for name in ("a.keras", "b.keras"):
        write_archive(tmp_path / name, CONTENTS)
    assert (tmp_path / "a.keras").read_bytes() == (tmp_path / "b.keras").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.keras") as ours, zipfile.ZipFile(FIXTURES / "signal_model.keras") as theirs:
        for mine, other in zip(ours.infolist(), theirs.infolist(), strict=True):
            assert (mine.filename, mine.compress_type, mine.flag_bits, mine.external_attr) == (
                other.filename, other.compress_type, other.flag_bits, other.external_attr,
            )  # fmt: skip
        assert ours.testzip() is None


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../config.json", "C:\\a", "assets/", "model.weights.npz", "config.json "]
)
def test_other_names_are_refused(tmp_path, name):
    path = made(tmp_path / "a.keras", [*CONTENTS.items(), (name, b"x")])
    refused(path, "it contains '.*'. Expected metadata.json, config.json, model.weights.h5, each once")
    assert [file.name for file in tmp_path.iterdir()] == ["a.keras"]


@pytest.mark.parametrize("name", MEMBERS)
def test_a_missing_or_doubled_member_is_refused(tmp_path, name):
    refused(made(tmp_path / "a.keras", [pair for pair in CONTENTS.items() if pair[0] != name]), f"it lacks '{name}'")
    with pytest.warns(UserWarning, match="Duplicate name"):
        made(tmp_path / "a.keras", [*CONTENTS.items(), (name, b"{}")])
    refused(tmp_path / "a.keras", "it contains 'a name twice'")


def test_links_and_passwords_are_refused(tmp_path):
    link = zipfile.ZipInfo(CONFIG)
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    entries = [(METADATA, b"{}"), (link, b"/etc/passwd"), (WEIGHTS, b"")]
    refused(made(tmp_path / "a.keras", entries), "as a link or device")
    content = bytearray(made(tmp_path / "a.keras", CONTENTS.items()).read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "a.keras").write_bytes(content)
    refused(tmp_path / "a.keras", "with a password")


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compressions_without_a_bound_are_refused(tmp_path, compression):
    refused(made(tmp_path / "a.keras", CONTENTS.items(), compression), "with an unknown compression")


def test_a_member_is_not_read_beyond_what_is_asked_for(tmp_path):
    path = made(tmp_path / "a.keras", CONTENTS.items())
    with (
        open_archive(path) as archive,
        pytest.raises(ModelFileError, match=r"1,280,000 bytes .* Expected at most 1,000"),
    ):
        archive.read(WEIGHTS, 1000)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path):
    path = tmp_path / "a.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as members:
        for name in (METADATA, CONFIG):
            members.writestr(name, b"{}")
        with members.open(WEIGHTS, "w") as member:
            for _ in range(UNLIMITED_BYTES // 2**20 + 1):
                member.write(bytes(2**20))
    assert path.stat().st_size < 10**6
    refused(path, "Expected a ratio of at most 100")


@pytest.mark.parametrize("more", [-1000, 1000])
def test_sizes_that_are_not_true_are_refused(tmp_path, more):
    content = bytearray(made(tmp_path / "a.keras", CONTENTS.items(), zipfile.ZIP_DEFLATED).read_bytes())
    size = len(CONTENTS[WEIGHTS])
    place = content.rindex(size.to_bytes(4, "little"))
    content[place : place + 4] = (size + more).to_bytes(4, "little")
    (tmp_path / "a.keras").write_bytes(content)
    refused(tmp_path / "a.keras", "truncated|Bad CRC-32|damaged")


def test_a_list_of_very_many_members_is_not_read(tmp_path):
    one = made(tmp_path / "one.zip", [("a" * 200, b"")]).read_bytes()
    entry, end = one[one.index(b"PK\x01\x02") : one.index(b"PK\x05\x06")], one[one.index(b"PK\x05\x06") :]
    count = 2**20 // len(entry) + 2
    start = one[: one.index(b"PK\x01\x02")]
    numbers = count.to_bytes(2, "little") * 2 + (count * len(entry)).to_bytes(4, "little")
    (tmp_path / "a.keras").write_bytes(start + entry * count + end[:8] + numbers + end[16:])
    refused(tmp_path / "a.keras", "list of members is too long")


def test_damaged_compressed_bytes_are_refused(tmp_path):
    content = bytearray(made(tmp_path / "a.keras", CONTENTS.items(), zipfile.ZIP_DEFLATED).read_bytes())
    place = content.index(WEIGHTS.encode()) + len(WEIGHTS)
    content[place : place + 8] = b"\xff" * 8
    (tmp_path / "a.keras").write_bytes(content)
    with pytest.raises(zlib.error), zipfile.ZipFile(tmp_path / "a.keras") as members:
        members.read(WEIGHTS)
    refused(tmp_path / "a.keras", "truncated or damaged zip")
