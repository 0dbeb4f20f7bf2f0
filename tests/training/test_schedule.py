"""Progress increases and ends at exactly 1, also after replanning."""

import hypothesis.strategies as st
import numpy as np
from hypothesis import given, settings

from opsin.training.schedule import WARMUP, StepBudget, one_cycle


@settings(deadline=None)
@given(st.integers(1, 3000))
def test_progress_of_a_fixed_plan_is_even_and_ends_at_one(steps):
    plan, seen = StepBudget(steps), [0.0]
    while not plan.done:
        plan.advance()
        seen.append(plan.progress)
    assert len(seen) == steps + 1 and seen[-1] == 1.0
    np.testing.assert_allclose(seen, np.linspace(0, 1, steps + 1), atol=1e-9)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 100)), max_size=8))
def test_replanned_progress_is_monotone_and_ends_at_one(walks):
    plan, last = StepBudget(10), 0.0
    for steps, planned in walks:
        for _ in range(min(steps, plan.steps_left - 1)):
            plan.advance()
            assert last < plan.progress < 1
            last = plan.progress
        before = plan.progress
        plan.replan(planned)
        assert plan.progress == before and plan.steps_left == planned
    while not plan.done:
        plan.advance()
        assert plan.progress >= last
        last = plan.progress
    assert plan.progress == 1.0


def test_no_time_left_is_the_end():
    plan = StepBudget(10)
    plan.replan(0)
    assert plan.done


def test_the_rate_climbs_once_and_falls_to_zero():
    rates = [one_cycle(p) for p in np.linspace(0, 1, 1001)]
    top = int(np.argmax(rates))
    assert abs(top / 1000 - WARMUP) < 1e-9 and rates[top] == 1.0 and rates[-1] == 0.0
    assert rates[0] > 0 and np.all(np.diff(rates[: top + 1]) > 0) and np.all(np.diff(rates[top:]) < 0)
