import numpy as np
import pytest
from PIL import Image

from opsin import data
from opsin.core import DataError
from opsin.data.formats.labels.encodings import decode_regional


def _read(folder, names, encoding):
    for at in range(8):
        Image.fromarray(np.full((8, 8), at, np.uint8)).save(folder / f"{at}.png")
    lines = ["file,label", *(f"{at}.png,{names[at % len(names)]}" for at in range(8))]
    (folder / "t.csv").write_bytes("\n".join(lines).encode(encoding))
    return data.read(folder)


@pytest.mark.parametrize(
    ("names", "encoding", "said"),
    [
        (["猫", "狗", "良性", "恶性"], "gbk", "GBK"),
        (["正常", "肺炎", "文件", "标签"], "gbk", "GBK"),
        (["ネコ", "イヌ"], "shift_jis", "Shift JIS"),
        (["ねこ", "犬の写真"], "shift_jis", "Shift JIS"),
        (["кошка", "Собака"], "cp1251", "Cyrillic"),
        (["рак лёгкого", "норма"], "cp1251", "Cyrillic"),
        (["café", "thé"], "cp1252", "Windows-1252"),
        (["Größe", "süß", "schön"], "cp1252", "Windows-1252"),
    ],
)
def test_text_before_unicode_is_read_and_named(tmp_path, names, encoding, said):
    table = _read(tmp_path, names, encoding)
    assert set(table.target.names) == set(names)
    assert any("not in UTF-8 and was read as" in note and said in note for note in table.notes)


@pytest.mark.parametrize(
    ("text", "encoding"), [("γάτα σκύλος", "cp1253"), ("КОШКА", "cp1251"), ("кошка собака", "koi8-r")]
)
def test_what_several_encodings_may_be_is_not_guessed(tmp_path, text, encoding):
    assert decode_regional(text.encode(encoding)) is None
    with pytest.raises(DataError, match="encoding is unknown"):
        _read(tmp_path, text.split(), encoding)
