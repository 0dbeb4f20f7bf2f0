from opsin.core import Progress, silent


def test_silent_prints_nothing(capsys):
    listener: Progress = silent
    assert listener("train", 1, 2, note="loss 0.1") is None
    assert capsys.readouterr() == ("", "")
