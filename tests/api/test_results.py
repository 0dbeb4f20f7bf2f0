"""What the verbs give back leads to what is on disk."""

import json

from opsin import api


def test_a_run_leads_to_its_files(run):
    done, _ = run
    assert done.model.parent == done.report.parent == done.folder
    assert api.load(done.model, "cpu").task.name == done.task
    assert json.loads((done.folder / "args.yaml").read_text())["task"]["task"] == done.task


def test_an_evaluation_can_be_scored_again(run, colours):
    from opsin.evaluation import score

    model = api.load(run[0].model, "cpu")
    found = api.evaluate(model, colours)
    assert found.report is None
    assert str(score(found.predictions, model.task)) == str(found.scores)
