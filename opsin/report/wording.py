"""Scores and amounts in plain words."""

from math import isfinite

from opsin.evaluation import Score

WORDS = {
    "accuracy": ("Accuracy", "share of answers that are right", 1),
    "balanced_accuracy": ("Balanced accuracy", "the same, every class counted alike", 1),
    "macro_f1": ("Macro F1", "precision and recall in one number, mean over classes", 1),
    "auroc": ("AUROC", "chance that a true case ranks above a false one", 1),
    "log_loss": ("Log loss", "how surprising the truth was, given the probabilities", -1),
    "ece": ("Calibration error", "how far confidence is from the share that is right", -1),
    "ece_uncalibrated": ("Calibration error before", "the same, before calibration", -1),
    "mae": ("Mean absolute error", "how far off an answer is on average", -1),
    "rmse": ("Root mean squared error", "the same, large errors counted more", -1),
    "ap": ("AP", "precision over recall, mean of IoU 0.5 to 0.95 and of classes (COCO)", 1),
    "ap50": ("AP50", "the same where overlapping by half is right", 1),
    "ap75": ("AP75", "the same where overlapping by three quarters is right", 1),
    "ap_small": ("AP, small", "AP of objects of less than 32x32 pixels", 1),
    "ap_medium": ("AP, medium", "AP of objects of 32x32 to 96x96 pixels", 1),
    "ap_large": ("AP, large", "AP of objects of more than 96x96 pixels", 1),
    "ar": ("AR", "share of the objects that is found, mean of IoU 0.5 to 0.95 (COCO)", 1),
    "count_mae": ("Count error", "objects too many or too few in an image, on average", -1),
    "count_bias": ("Count bias", "objects too many in an image, on average; below 0 too few", -1),
    "iou": ("IoU", "area that answer and truth share, of the area of both; mean over classes", 1),
    "dice": ("Dice", "twice the shared area, of the sum of both areas; mean over classes", 1),
    "image_dice": ("Dice of an image", "the Dice of each image alone, mean over images", 1),
    "pixel_accuracy": ("Pixel accuracy", "share of pixels that are right", 1),
    "boundary_f": ("Boundary F", "how well outlines agree, precision and recall in one number", 1),
    "r2": ("R²", "share of the truth's variance that is explained", 1),
}
"""Each score's name for people, what it is, and 1 when more is better, -1 when less is."""

SHARES = ("accuracy", "balanced_accuracy", "pixel_accuracy")
IN_UNITS = ("mae", "rmse", "count_mae", "count_bias")
"""Scores in the target's own unit, which may be small or large; all others are of the order of one."""


def title_of(name: str) -> str:
    """A score's name for people."""
    plain = name.replace("_", " ")
    return WORDS[name][0] if name in WORDS else plain[:1].upper() + plain[1:]


def number(value: float) -> str:
    """A score as it stands in a table.

    >>> number(0.97812), number(12345.6), number(float("nan")), number(0.00012)
    ('0.978', '12,346', 'not defined', '0.00012')
    """
    if not isfinite(value):
        return "not defined"
    size = abs(value)
    if size >= 1000:
        return f"{value:,.0f}" if size < 1e9 else f"{value:.3g}"
    if size >= 10:
        return f"{value:.4g}"
    return f"{value:.3f}" if size >= 0.001 or size < 1e-9 else f"{value:.2g}"


def score_number(name: str, value: float) -> str:
    """A named score as it stands in a table.

    >>> score_number("r2", -3e-5), score_number("mae", 3e-5)
    ('0.000', '3e-05')
    """
    if name in IN_UNITS or name not in WORDS or not isfinite(value) or abs(value) >= 10:
        return number(value)
    return f"{round(value, 3) + 0.0:.3f}"


def tick_label(value: float) -> str:
    """A number at a tick: no more digits than it needs."""
    return f"{value:,.0f}" if 10_000 > abs(value) >= 1000 else f"{value:.4g}".replace("e+0", "e").replace("e-0", "e-")


def percent(value: float) -> str:
    """A share for a sentence, never rounded up to all or down to nothing.

    >>> percent(0.978), percent(0.99996), percent(1.0)
    ('97.8 %', '99.9 %', '100 %')
    """
    if value in (0, 1):
        return f"{value:.0%}".replace("%", " %")
    return f"{min(99.9, max(0.1, value * 100)):.1f} %"


def duration(seconds: float) -> str:
    """Seconds in the unit that suits them.

    >>> duration(89.3), duration(600), duration(7300)
    ('89 s', '10 min', '2 h 2 min')
    """
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def plural(count: int, thing: str) -> str:
    """Such as "1 image" or "2,000 images"."""
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def value_of(name: str, value: float) -> str:
    """A score's value for a sentence: shares in percent."""
    return percent(value) if name in SHARES and isfinite(value) else score_number(name, value)


def comparison(monitor: tuple[str, int], score: Score, baseline: Score | None, images: str) -> str:
    """The main score in one sentence, beside the answer that never looks at the image; `images` says on which."""
    name, direction = monitor
    value, low, high = (value_of(name, part) for part in (score.value, score.low, score.high))
    interval = f" (95 % interval {low} to {high})" if isfinite(score.low) and isfinite(score.high) else ""
    start = f"On {images} the model"
    claim = {
        "accuracy": f"{start} is right {value} of the time{interval}",
        "mae": f"{start} is off by {value} on average{interval}",
    }.get(name, f"{start} reaches a {title_of(name)} of {value}{interval}")
    if baseline is None or not isfinite(baseline.value):
        return f"{claim}."
    verb = {"accuracy": "is right", "mae": "is off by"}.get(name, "scores")
    trivial = f"an answer that never looks at the image {verb} {value_of(name, baseline.value)}"
    trivial += {"accuracy": " of the time", "mae": " on average"}.get(name, "")
    if is_better(direction, score, baseline):
        return f"{claim}; {trivial}."
    return f"{claim}, and {trivial}: the model is not clearly better than that."


def is_better(direction: int, score: Score, baseline: Score) -> bool:
    """Whether the whole interval is on the good side of the trivial answer's score."""
    edge = score.low if direction > 0 else -score.high
    return edge > baseline.value * direction
