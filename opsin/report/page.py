"""The page as one text: every part of a report put into its template."""

import json
from collections.abc import Mapping
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from opsin.drawing import Chart, Histogram, Lines, Matrix, Points
from opsin.evaluation import Score

from . import curves, errors, samples, tables, wording
from .charts import draw_histogram, draw_lines, draw_points, legend
from .content import ReportContent
from .markup import Markup
from .pictures import svg_picture

MOST_CHARTS = 12
SPLIT_WORDS = {"train": "training", "valid": "validation", "test": "test"}


def page(facts: ReportContent) -> str:
    """The whole page; every name that came from outside is escaped by the template."""
    answers, data, network = facts.answers, facts.data, facts.network
    count, judged = len(answers.predictions.ids), facts.model is not None
    shown = ("test",) if judged else samples.SPLITS
    before: Mapping[str, Score] = {} if facts.model is None else facts.model.scores
    predictions, targets = answers.predictions.predictions, answers.predictions.targets
    charts = answers.task.charts(predictions, targets)[:MOST_CHARTS] if count else ()
    name = answers.task.monitor[0]
    return _template().render(
        facts=facts,
        style=Markup(Path(__file__).with_name("style.css").read_text(encoding="utf-8")),
        words=wording,
        source=_title(data.table.origin),
        verdict=_verdict(facts, count),
        better=_is_better(facts),
        main=answers.scores.get(name),
        main_name=name,
        trivial=answers.baseline.get(name),
        scores=tables.score_rows(answers.scores, answers.baseline, before) if count else (),
        before=before,
        sizes=samples.split_sizes(data.table, shown),
        split_words=SPLIT_WORDS,
        images=_images(facts, count),
        size="\u00d7".join(str(side) for side in data.pixels.shape[1:3]),
        counts=samples.counts_of(data, answers.task, shown),
        samples=_by_caption(samples.samples_of(data, answers.task, shown[0])),
        most_samples=samples.MOST_PICTURES,
        most_rows=samples.MOST_ROWS,
        picture=None if network.picture is None else svg_picture(network.picture),
        settings=_as_lines(facts.run.settings),
        training=curves.training_of(facts.run.metrics, answers.task.monitor, facts.run.settings),
        charts=charts,
        kinds=[_kind(chart) for chart in charts],
        draw=draw,
        legend=legend,
        confusion=tables.confusion,
        pairs=tables.confused_pairs,
        classes=tables.class_table(answers.task.per_class(predictions, targets)) if count else None,
        cases=errors.error_cases(facts),
    )


def draw(chart: Lines | Points | Histogram) -> Markup:
    """Any chart that is drawn on axes."""
    if isinstance(chart, Lines):
        return draw_lines(chart)
    return draw_points(chart) if isinstance(chart, Points) else draw_histogram(chart)


def _kind(chart: Chart) -> str:
    if isinstance(chart, Matrix):
        return "matrix" if tables.confusion(chart) else "pairs"
    return "lines" if isinstance(chart, Lines) else "axes"


def _verdict(facts: ReportContent, count: int) -> str:
    answers = facts.answers
    name = answers.task.monitor[0]
    if count and name in answers.scores:
        where = f"{_images(facts, count)}{' that it never saw,' if facts.model is None else ''}"
        return wording.comparison(answers.task.monitor, answers.scores[name], answers.baseline.get(name), where)
    return "There are no scores: no image was set apart to test the model on."


def _images(facts: ReportContent, count: int) -> str:
    return wording.plural(count, "test image" if facts.model is None else "image")


def _title(origin: str) -> str:
    return "Images from arrays" if origin == "arrays" else Path(origin).name or origin


def _is_better(facts: ReportContent) -> bool | None:
    """Whether the main score is clearly better than the trivial answer's; None when that cannot be said."""
    answers = facts.answers
    name, direction = answers.task.monitor
    if name not in answers.scores or name not in answers.baseline:
        return None
    return wording.is_better(direction, answers.scores[name], answers.baseline[name])


def _by_caption(pictures: tuple[samples.Sample, ...]) -> list[tuple[str, list[samples.Sample]]]:
    """Pictures that stand together because they show the same."""
    return [(caption, list(group)) for caption, group in groupby(pictures, key=lambda sample: sample.caption)]


def _as_lines(settings: Any) -> str:
    return json.dumps(settings, indent=2, ensure_ascii=False, default=str)


@cache
def _template() -> Any:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(Path(__file__).with_name("page.html.j2").read_text(encoding="utf-8"))
