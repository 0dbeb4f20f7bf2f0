"""Error rates of verification, identification and grouping, as pure functions of distances (ISO/IEC 19795-1)."""

import numpy as np


def match_rate(distances: np.ndarray, threshold: float, weights: np.ndarray) -> float:
    """Returns the weighted share of pairs at a distance up to the threshold.

    Of pairs of different people it is the false-match rate (FMR), of pairs of one person the true-match rate.

    Args:
        distances: (pairs,) distances; infinite where a face was not found.
        threshold: Largest distance that counts as one person.
        weights: (pairs,) weights, not all 0.

    Examples:
        >>> match_rate(np.array([0.2, 0.6]), 0.4, np.ones(2))
        0.5
    """
    return float(weights[distances <= threshold].sum() / weights.sum())


def threshold_at_rate(distances: np.ndarray, rate: float, weights: np.ndarray) -> float:
    """Returns the largest threshold at which at most a share `rate` of the pairs match.

    Args:
        distances: (pairs,) distances of different people.
        rate: False-match rate.
        weights: (pairs,) weights.
    """
    order = np.argsort(distances, kind="stable")
    share = np.cumsum(weights[order]) / weights.sum()
    count = int(np.searchsorted(share, rate, side="right"))
    if count == len(order):
        return float(distances[order[-1]])
    return float(np.nextafter(distances[order[count]], -np.inf))


def true_match_rate(
    genuine: np.ndarray, impostor: np.ndarray, rate: float, weights: tuple[np.ndarray, np.ndarray]
) -> float:
    """Returns the share of pairs of one person that match at a false-match rate (TAR at FAR).

    Args:
        genuine: (pairs,) distances of pairs of one person.
        impostor: (pairs,) distances of pairs of different people.
        rate: False-match rate.
        weights: Weights of both.
    """
    return match_rate(genuine, threshold_at_rate(impostor, rate, weights[1]), weights[0])


def equal_error_rate(genuine: np.ndarray, impostor: np.ndarray, weights: tuple[np.ndarray, np.ndarray]) -> float:
    """Returns the error rate at the threshold where both kinds of errors are equally frequent.

    Args:
        genuine: (pairs,) distances of pairs of one person.
        impostor: (pairs,) distances of pairs of different people.
        weights: Weights of both.
    """
    values = np.concatenate([genuine, impostor])
    order = np.argsort(values, kind="stable")
    is_genuine = order < len(genuine)
    both = np.concatenate([weights[0] / weights[0].sum(), weights[1] / weights[1].sum()])[order]
    missed = 1 - np.cumsum(np.where(is_genuine, both, 0))
    matched = np.cumsum(np.where(is_genuine, 0, both))
    ranked = values[order]
    last = np.append(ranked[1:] != ranked[:-1], True)  # a threshold between equal distances does not exist
    missed, matched = np.append(1.0, missed[last]), np.append(0.0, matched[last])
    best = int(np.abs(missed - matched).argmin())
    return max(0.0, float((missed[best] + matched[best]) / 2))


def miss_rate(
    enrolled: np.ndarray, is_right: np.ndarray, strangers: np.ndarray, false_positive_rate: float
) -> tuple[float, float]:
    """Returns FNIR at a FPIR: the share of enrolled people who are not named, and the threshold (ISO/IEC 19795-1).

    Args:
        enrolled: (searches,) distance of the nearest person for photos of people in the gallery.
        is_right: (searches,) True where the nearest person is the right one.
        strangers: (searches,) distance of the nearest person for photos of strangers.
        false_positive_rate: Share of strangers that may get a name.
    """
    threshold = threshold_at_rate(strangers, false_positive_rate, np.ones(len(strangers)))
    return float(1 - (is_right & (enrolled <= threshold)).mean()), threshold


def b_cubed(labels: np.ndarray, groups: np.ndarray) -> tuple[float, float, float]:
    """Returns precision, recall and F of a grouping (Bagga and Baldwin, ACL 1998).

    Args:
        labels: (items,) person of each item.
        groups: (items,) group of each item.

    Examples:
        >>> b_cubed(np.array([0, 0, 1]), np.array([5, 5, 7]))
        (1.0, 1.0, 1.0)
    """
    _, people = np.unique(labels, return_inverse=True)
    _, numbers = np.unique(groups, return_inverse=True)
    table = np.zeros((people.max() + 1, numbers.max() + 1))
    np.add.at(table, (people, numbers), 1)
    both = table[people, numbers]
    precision = float((both / table.sum(0)[numbers]).mean())
    recall = float((both / table.sum(1)[people]).mean())
    return precision, recall, 2 * precision * recall / (precision + recall)
