"""Rendering of the report's page from its template."""

import json
from collections.abc import Mapping
from itertools import groupby
from typing import Any

from opsin.drawing import Chart, Histogram, Lines, Matrix, Points
from opsin.evaluation import Score

from . import curves, errors, samples, tables, wording
from .charts import draw_histogram, draw_lines, draw_points, legend
from .content import ReportContent
from .markup import Markup
from .pictures import svg_picture
from .templates import style, template
from .verdict import verdict_of

MOST_CHARTS = 12
MOST_KEYS = 24
"""Maximum number of colours in a legend."""
SPLIT_WORDS = {"train": "training", "valid": "validation", "test": "test"}


def page(content: ReportContent) -> str:
    """Returns the page as HTML; the template escapes all names."""
    section, data, network, run = content.predictions, content.data, content.network, content.run
    task, count = section.task, len(section.predictions.ids)
    shown = samples.SPLITS if content.model is None else ("test",)
    before: Mapping[str, Score] = {} if content.model is None else content.model.scores
    predictions, targets = section.predictions.predictions, section.predictions.targets
    charts = task.charts(predictions, targets)[:MOST_CHARTS] if count else ()
    name, verdict = task.monitor[0], verdict_of(content)
    return template("page.html.j2").render(
        content=content,
        task=task,
        style=style(),
        words=wording,
        source=wording.source_title(data.table.origin),
        verdict=verdict,
        main=section.scores.get(name),
        main_name=name,
        baseline=section.baseline.get(name),
        linear=section.linear_baseline.get(name),
        scores=tables.score_rows(section.scores, section.baseline, before, section.linear_baseline) if count else (),
        before=before,
        sizes=samples.split_sizes(data.table, shown),
        split_words=SPLIT_WORDS,
        images=_images(content, count),
        size="\u00d7".join(str(side) for side in data.pixels.shape[1:3] or data.pixels[0].shape[:3]),
        counts=samples.counts_of(data, task, shown),
        samples=_by_caption(samples.samples_of(data, task, shown[0])),
        most_samples=samples.MOST_PICTURES,
        most_rows=samples.MOST_ROWS,
        most_keys=MOST_KEYS,
        count_splits=[SPLIT_WORDS[split] for split in shown],
        case_class="cases targets" if task.output.has_boxes else "cases panels" if task.output.is_spatial else "cases",
        picture=None if network.picture is None else svg_picture(network.picture),
        settings=_as_lines(run.settings),
        training=curves.training_of(run.metrics, task.monitor, run.settings),
        charts=charts,
        kinds=[_kind(chart) for chart in charts],
        draw=draw,
        legend=legend,
        confusion=tables.confusion,
        pairs=tables.confused_pairs,
        classes=tables.class_table(task.per_class(predictions, targets)) if count else None,
        cases=errors.error_cases(content),
    )


def draw(chart: Lines | Points | Histogram) -> Markup:
    """Draws a chart with axes as SVG."""
    if isinstance(chart, Lines):
        return draw_lines(chart)
    return draw_points(chart) if isinstance(chart, Points) else draw_histogram(chart)


def _kind(chart: Chart) -> str:
    if isinstance(chart, Matrix):
        return "matrix" if tables.confusion(chart) else "pairs"
    return "lines" if isinstance(chart, Lines) else "axes"


def _images(content: ReportContent, count: int) -> str:
    return wording.plural(count, "test image" if content.model is None else "image")


def _by_caption(pictures: tuple[samples.Sample, ...]) -> list[tuple[str, list[samples.Sample]]]:
    """Groups consecutive pictures with the same caption."""
    return [(caption, list(group)) for caption, group in groupby(pictures, key=lambda sample: sample.caption)]


def _as_lines(settings: Any) -> str:
    return json.dumps(settings, indent=2, ensure_ascii=False, default=str)
