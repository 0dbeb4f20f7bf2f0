"""Faces followed through frames: drawn faces with known times."""

import numpy as np
import pytest

from opsin.data import Frame
from opsin.faces import FoundFace, Gallery, Template
from opsin.faces.tracking import follow, frame_step, name_tracks, sampled


def unit(seed):
    vector = np.random.default_rng(seed).normal(size=128)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def face(person, left, noise=0):
    vector = unit(person) + 0.3 * unit(100 + noise)
    landmarks = np.array([[70.0, 20], [60, 20], [20, 20], [30, 20], [45, 50]]) + noise % 3
    box = np.array([left, 0.0, left + 90, 90])
    return FoundFace(box, 1.0, landmarks, 20.0, (vector / np.linalg.norm(vector)).astype(np.float32))


def film(spans, seconds=6.0, rate=6.0):
    """Frames, and the faces of each: {(person, left): (start, end)}."""
    shown = []
    for number in range(int(seconds * rate)):
        time = number / rate
        faces = [face(*key, number) for key, (start, end) in spans.items() if start <= time < end]
        shown.append((Frame(number, time, np.full((1, 1, 3), number, np.uint8)), faces))
    return shown


def tracks_of(shown):
    faces = {frame.number: found for frame, found in shown}
    return follow((frame for frame, _ in shown), lambda pixels: faces[int(pixels[0, 0, 0])])


def test_each_person_is_one_track_with_its_times():
    found = tracks_of(film({(1, 0.0): (0, 3), (2, 200.0): (1, 5), (3, 400.0): (2.5, 6)}))
    times = [(track.first[1], track.last[1]) for track in found]
    assert np.abs(np.array(times) - [(0, 3), (1, 5), (2.5, 6)]).max() <= 0.2


def test_a_face_that_moves_stays_one_track():
    shown = [(frame, [face(1, 30.0 * frame.number)]) for frame, _ in film({})]
    assert len(tracks_of(shown)) == 1


def test_another_person_at_the_same_place_is_another_track():
    assert len(tracks_of(film({(1, 0.0): (0, 3), (2, 0.0): (3, 6)}))) == 2


def test_a_long_pause_begins_a_new_track():
    first, second = film({(1, 0.0): (0, 1)}), film({(1, 0.0): (4, 6)})
    shown = [(frame, one + two) for (frame, one), (_, two) in zip(first, second, strict=True)]
    assert len(tracks_of(shown)) == 2


def test_a_single_detection_is_no_track():
    assert tracks_of(film({(1, 0.0): (1, 1.1)})) == []


def test_a_stranger_stays_unknown():
    gallery = Gallery("n").enroll("ada", "form", (Template("d", "2026-01-31", unit(1)),))
    found = tracks_of(film({(1, 0.0): (0, 3), (2, 200.0): (0, 3)}))
    verdicts = name_tracks(found, gallery)
    assert sorted((verdict.decision, verdict.name) for verdict in verdicts) == [("different", "ada"), ("same", "ada")]


@pytest.mark.parametrize("rate", [5.0, 24.0, 25.0, 29.97, 60.0])
def test_about_six_frames_a_second_are_searched(rate):
    frames = [Frame(number, number / rate, np.zeros((1, 1, 3), np.uint8)) for number in range(int(10 * rate))]
    count = len(list(sampled(frames, rate)))
    assert count == -(-len(frames) // frame_step(rate))
    assert 45 <= count <= 75
