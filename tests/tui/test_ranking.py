"""The kept queue is the queue: at every moment what a fresh ranking of everything says."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.story import Story
from tests.core.strategies import NOON, commands, declared

from warroom.core import commands as c
from warroom.core.clocks import Pace, next_clock, update_clock
from warroom.core.queue import rank
from warroom.tui.ranking import Ranking

steps = st.lists(
    st.tuples(st.integers(0, 3), commands, st.integers(0, 4 * 3600)), min_size=1, max_size=12
)


@settings(max_examples=60, deadline=None)
@given(st.lists(declared, min_size=1, max_size=4), steps)
def test_what_is_kept_is_what_ranking_everything_would_say(given_facts, script) -> None:
    stories = []
    for facts in given_facts:
        story = Story()
        story.do(c.Declare(facts=facts))
        stories.append(story)
    kept, now = Ranking(), NOON
    changed = {f"INC-{n}" for n in range(len(stories))}
    for which, command, seconds in script:
        incidents = {f"INC-{n}": replace(s.incident, id=f"INC-{n}") for n, s in enumerate(stories)}
        still = {name: i for name, i in incidents.items() if i.closed_at is None}
        rows = kept.rank(still, changed, now)
        fresh = rank(incidents.values(), now)
        assert [(r.incident.id, r.score, r.reasons) for r in rows] == [
            (r.incident.id, r.score, r.reasons) for r in fresh
        ]
        assert kept.rank(still, (), now) is rows, "nothing happened: nothing is made anew"
        awake = [row.incident for row in fresh if not row.snoozed]
        clocks = [[x for x in (next_clock(i), update_clock(i)) if x] for i in awake]
        assert kept.late == sum(any(x.pace(now) is Pace.LATE for x in one) for one in clocks)
        number = which % len(stories)
        now += timedelta(seconds=seconds)
        stories[number].now = now
        stories[number].do(command)
        changed = {f"INC-{number}"}
