"""Names, definitions and number formats of metrics, and sentences about them."""

from collections.abc import Iterable
from math import isfinite
from pathlib import Path

from opsin.evaluation import Score

WORDS = {
    "accuracy": ("Accuracy", "share of correct predictions", 1),
    "balanced_accuracy": ("Balanced accuracy", "mean of the recall of each class", 1),
    "macro_f1": ("Macro F1", "harmonic mean of precision and recall, mean over classes", 1),
    "auroc": ("AUROC", "area under the ROC curve: probability that a positive ranks above a negative", 1),
    "log_loss": ("Log loss", "mean negative log probability of the ground truth", -1),
    "ece": ("Calibration error", "expected difference between confidence and accuracy (ECE)", -1),
    "ece_uncalibrated": ("Calibration error before calibration", "ECE before temperature scaling", -1),
    "mae": ("Mean absolute error", "mean absolute difference between prediction and label", -1),
    "rmse": ("Root mean squared error", "weights large errors more than the mean absolute error", -1),
    "ap": ("AP", "average precision, mean over IoU 0.5 to 0.95 and over classes (COCO)", 1),
    "ap50": ("AP50", "average precision at IoU 0.5", 1),
    "ap75": ("AP75", "average precision at IoU 0.75", 1),
    "ap_small": ("AP, small", "AP of objects below 32x32 pixels", 1),
    "ap_medium": ("AP, medium", "AP of objects from 32x32 to 96x96 pixels", 1),
    "ap_large": ("AP, large", "AP of objects above 96x96 pixels", 1),
    "ar": ("AR", "average recall, mean over IoU 0.5 to 0.95 and over classes (COCO)", 1),
    "count_mae": ("Count error", "mean absolute difference in the number of objects of an image", -1),
    "count_bias": ("Count bias", "mean difference in the number of objects; positive: too many predicted", -1),
    "iou": ("IoU", "intersection over union of prediction and ground truth, mean over classes", 1),
    "dice": ("Dice", "Dice coefficient, mean over classes; over the pixels of all images, or mean over volumes", 1),
    "image_dice": ("Dice per image", "Dice coefficient of each image, mean over images", 1),
    "pixel_accuracy": ("Pixel accuracy", "share of correctly classified pixels", 1),
    "boundary_f": ("Boundary F", "harmonic mean of precision and recall of boundary pixels", 1),
    "hd95": ("HD95", "95th percentile of the distance between surfaces, in millimetres", -1),
    "surface_dice": ("Surface Dice", "share of the surfaces that lie within 1 mm of each other", 1),
    "volume_error_ml": ("Volume error", "mean absolute difference of the volume, in millilitres", -1),
    "eer": ("Equal error rate", "error rate where false matches and false non-matches are equally frequent", -1),
    "tar_at_far": ("TAR at FAR 0.01", "share of pairs of one identity that match where 1 % of the other pairs do", 1),
    "rank1": ("Rank-1 rate", "share of images whose nearest other image is of the same identity", 1),
    "r2": ("R²", "share of the variance of the labels that is explained", 1),
}
"""Title and definition of each metric, and 1 when higher is better, -1 when lower is better."""

CALIBRATION = ("ece", "ece_uncalibrated")
"""Metrics of calibration: the baseline, which predicts class frequencies, is calibrated without being useful."""
SHARES = ("accuracy", "balanced_accuracy", "pixel_accuracy")
IN_UNITS = ("mae", "rmse", "count_mae", "count_bias", "hd95", "volume_error_ml")
"""Metrics in the unit of the target, of any magnitude; all other metrics are of the order of one."""


def title_of(name: str) -> str:
    """Returns the title of a metric."""
    plain = name.replace("_", " ")
    return WORDS[name][0] if name in WORDS else plain[:1].upper() + plain[1:]


def phrase_of(name: str) -> str:
    """Returns the title of a metric for the middle of a sentence.

    Examples:
        >>> phrase_of("log_loss"), phrase_of("ap"), phrase_of("iou")
        ('log loss', 'AP', 'IoU')
    """
    title = title_of(name)
    return title[:1].lower() + title[1:] if title.split()[0][1:].islower() else title


def number(value: float) -> str:
    """Formats a number for a table.

    Examples:
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
    """Formats the value of a metric for a table.

    Examples:
        >>> score_number("r2", -3e-5), score_number("mae", 3e-5)
        ('0.000', '3e-05')
    """
    if name in IN_UNITS or name not in WORDS or not isfinite(value) or abs(value) >= 10:
        return number(value)
    return f"{round(value, 3) + 0.0:.3f}"


def tick_label(value: float) -> str:
    """Formats the value of a tick with at most four significant digits."""
    return f"{value:,.0f}" if 10_000 > abs(value) >= 1000 else f"{value:.4g}".replace("e+0", "e").replace("e-0", "e-")


def percent(value: float) -> str:
    """Formats a share as a percentage; only exact values are shown as 0 % and 100 %.

    Examples:
        >>> percent(0.978), percent(0.99996), percent(1.0)
        ('97.8 %', '99.9 %', '100 %')
    """
    if value in (0, 1):
        return f"{value:.0%}".replace("%", " %")
    return f"{min(99.9, max(0.1, value * 100)):.1f} %"


def duration(seconds: float) -> str:
    """Formats seconds as seconds, minutes or hours.

    Examples:
        >>> duration(89.3), duration(600), duration(7300)
        ('89 s', '10 min', '2 h 2 min')
    """
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def plural(count: int, thing: str) -> str:
    """Formats a number with its noun.

    Examples:
        >>> plural(1, "image"), plural(2000, "box")
        ('1 image', '2,000 boxes')
    """
    return f"{count:,} {thing if count == 1 else plural_of(thing)}"


def plural_of(noun: str) -> str:
    """Returns the plural of a noun.

    Examples:
        >>> plural_of("box"), plural_of("class"), plural_of("identity"), plural_of("range")
        ('boxes', 'classes', 'identities', 'ranges')
    """
    if noun.endswith(("x", "ss")):
        return f"{noun}es"
    return f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"


def some(names: Iterable[str], most: int) -> str:
    """Returns the first names, and the number of the others.

    Examples:
        >>> some(["cat", "dog", "owl"], 2)
        'cat, dog and 1 more'
    """
    listed = list(names)
    more = f" and {len(listed) - most:,} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more


def shortened(path: str, most: int = 48) -> str:
    """Returns the end of a long path.

    Examples:
        >>> shortened("train/0123456789/cat.png", 12)
        '…789/cat.png'
    """
    return path if len(path) <= most else f"…{path[1 - most :]}"


def source_title(origin: str) -> str:
    """Returns the title of a data set: the last part of its path.

    Examples:
        >>> source_title("data/photos"), source_title("arrays")
        ('photos', 'Images from arrays')
    """
    return "Images from arrays" if origin == "arrays" else Path(origin).name or origin


def value_of(name: str, value: float) -> str:
    """Formats the value of a metric for a sentence, with accuracies in percent."""
    return percent(value) if name in SHARES and isfinite(value) else score_number(name, value)


def comparison(monitor: tuple[str, int], score: Score, baseline: Score | None, images: str) -> str:
    """Writes one sentence that compares the main metric with the baseline.

    Args:
        monitor: Name of the metric, and 1 when higher is better or -1 when lower is better.
        score: Value and interval of the model.
        baseline: Value of the baseline; None when there is none.
        images: The evaluated images, such as "40 test images".

    Returns:
        The sentence.
    """
    name, direction = monitor
    value, low, high = (value_of(name, part) for part in (score.value, score.low, score.high))
    interval = f" (95 % confidence interval {low} to {high})" if isfinite(score.low) and isfinite(score.high) else ""
    claim = f"{title_of(name)} on {images}: {value}{interval}"
    if baseline is None or not isfinite(baseline.value):
        return f"{claim}."
    compared = f"the baseline, which ignores the image, reaches {value_of(name, baseline.value)}"
    if is_better(direction, score, baseline):
        return f"{claim}; {compared}."
    return f"{claim}; {compared}. The model is not clearly better than the baseline."


def is_better(direction: int, score: Score, baseline: Score) -> bool:
    """Returns True when the whole interval is better than the value of the baseline."""
    edge = score.low if direction > 0 else -score.high
    return edge > baseline.value * direction
