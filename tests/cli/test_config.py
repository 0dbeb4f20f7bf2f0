import json

import pytest

from opsin import api


@pytest.fixture
def arguments(finished_run, monkeypatch):
    """Arguments that the command passes to the Python API."""
    asked = {}

    def train(data, **options):
        asked.update(options, data=data)
        return finished_run

    monkeypatch.setattr(api, "train", train)
    return asked


def test_a_file_gives_data_and_options_and_the_command_line_wins(opsin, arguments, tmp_path):
    (tmp_path / "mine.yaml").write_text(
        "data: photos\nseed: 4\nclass-weights: true\nlr: 1e-3\nhflip: false\nspacing: [2, 1.5, 1]\n"
    )
    assert opsin("train", "--config", "mine.yaml", "--seed", 0).exit_code == 0
    assert (arguments["data"], arguments["seed"], arguments["class_weights"]) == ("photos", 0, True)
    assert (arguments["lr"], arguments["hflip"], arguments["spacing"]) == (0.001, False, (2.0, 1.5, 1.0))


def test_the_record_of_a_run_is_read(opsin, arguments, tmp_path):
    options = {"task": None, "epochs": 4.0, "minutes": None, "rotate90": True, "workers": 2, "of_python": None}
    record = {"data": "photos", "options": options, "network": {"layers": []}, "command": "opsin train photos"}
    (tmp_path / "args.yaml").write_text(json.dumps(record))
    assert opsin("train", "--config", "args.yaml").exit_code == 0
    assert (arguments["data"], arguments["epochs"], arguments["rotate90"]) == ("photos", 4.0, True)
    assert opsin("train", "others", "--config", "args.yaml", "--minutes", 5).exit_code == 0
    assert (arguments["data"], arguments["epochs"], arguments["minutes"]) == ("others", None, 5.0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("modle: simple", "Did you mean 'model'?"),
        ("- 1", "holds no options"),
        ("a: [", "is not YAML"),
        ("!!python/object/apply:os.system ['touch hacked']", "is not YAML"),
        ("epochs: many", "--epochs"),
        ('{"data": "arrays", "options": {}}', "run on arrays"),
        ('{"data": "photos", "options": {}, "own_recipe": true}', "changed in Python"),
    ],
)
def test_a_file_that_cannot_be_used_is_wrong_usage(opsin, arguments, tmp_path, text, expected):
    (tmp_path / "args.yaml").write_text(text)
    ended = opsin("train", "photos", "--config", "args.yaml")
    assert ended.exit_code == 2
    assert expected in ended.stderr
    assert not arguments and not (tmp_path / "hacked").exists()


def test_a_missing_file_is_wrong_usage(opsin, arguments):
    ended = opsin("train", "photos", "--config", "none.yaml")
    assert ended.exit_code == 2 and "none.yaml cannot be read: no such file" in ended.stderr
