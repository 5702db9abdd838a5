"""Random commands, for properties of the core."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from warroom.core import commands as c
from warroom.core import conduct as k
from warroom.core import events as e
from warroom.core.words import (
    Audience,
    Category,
    ChangeKind,
    Check,
    ContainmentKind,
    Criterion,
    Factor,
    FixLevel,
    FollowUpKind,
    FollowUpState,
    HypothesisState,
    Outcome,
    Place,
    Priority,
    Role,
    StepAction,
    UpdateKind,
    Verdict,
)

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
words = text.filter(lambda t: bool(t.strip()))
names = st.sampled_from(["ana", "leo", "mia", ""])
instants = st.integers(-86_400, 86_400).map(lambda s: NOON + timedelta(seconds=s))
runs = st.sampled_from(["r1", "r2", "r3"])
digests = st.sampled_from(["0" * 64, "1" * 64])
small = st.integers(0, 10_000)

excerpts = st.builds(
    e.Excerpt,
    source=text,
    offset=st.integers(-1, 1000),
    sha256=digests,
    text=text,
    at=st.none() | instants,
)
onsets = st.builds(e.Onset, at=instants, low=instants, high=instants, sentence=text)
declared = st.builds(
    e.Declared,
    title=words,
    service=st.sampled_from(["shop", ""]),
    priority=st.sampled_from(Priority),
    category=st.sampled_from(Category),
    summary=text,
    criteria=st.lists(st.sampled_from(Criterion), unique=True, max_size=2).map(tuple),
    factors=st.dictionaries(st.sampled_from([f.value for f in Factor]), st.integers(0, 3)),
    started_at=st.none() | instants,
    onset=st.none() | onsets,
    evidence=st.lists(excerpts, max_size=2).map(tuple),
)
intents = st.builds(
    e.StepIntended,
    run=runs,
    runbook=st.sampled_from(["rollback", "flag"]),
    title=text,
    kind=st.sampled_from(ContainmentKind),
    step=st.integers(1, 2),
    step_title=text,
    action=st.sampled_from(StepAction),
    command=text,
    sha256=digests,
    undo=st.sampled_from(["", "undo it"]),
    undoes=st.sampled_from(["", "r1", "r2"]),
)
other = st.sampled_from(["INC-1", "INC-8", "INC-9"])
conduct: st.SearchStrategy[c.Command] = st.one_of(
    st.builds(c.Wait, reason=text),
    st.builds(c.Resume),
    st.builds(
        c.OweNotice,
        facts=st.builds(
            k.NoticeOwed,
            notice=st.sampled_from(["gdpr", "nis2", "nis2-final", "acme"]),
            owed=st.booleans(),
            aware_at=st.none() | instants,
            reason=text,
            party=text,
            hours=st.integers(-1, 100),
        ),
    ),
    st.builds(
        c.RecordContact,
        facts=st.builds(
            k.Contacted,
            party=names,
            text=text,
            notice=st.sampled_from(["", "gdpr", "nis2"]),
            again_at=st.none() | instants,
        ),
    ),
    st.builds(
        c.Attach,
        facts=st.builds(
            k.Attached,
            follow_up=st.integers(1, 2),
            name=st.sampled_from(["alert.yml", "a b", ""]),
            text=text,
        ),
    ),
    st.builds(
        c.Answer,
        facts=st.builds(
            k.Answered,
            question=st.sampled_from(["trigger", "fix.test", "nonsense"]),
            text=text,
            known=st.booleans(),
        ),
    ),
    st.builds(c.MergeInto, into=other),
    st.builds(c.Absorb, other=other),
    st.builds(c.SplitOff, reason=text),
    st.builds(c.Release, other=other),
    st.builds(c.Link, facts=st.builds(k.Linked, other=other, how=text)),
    st.builds(c.Reorder, place=st.sampled_from(Place), reason=text),
    st.builds(c.Wake),
    st.builds(c.Call, facts=st.builds(k.Called, person=names, reason=text)),
    st.builds(
        c.OfferHandover,
        facts=st.builds(k.HandoverOffered, role=st.sampled_from(Role), to=names, briefing=text),
    ),
    st.builds(c.AnswerHandover, role=st.sampled_from(Role), accepted=st.booleans(), reason=text),
    st.builds(
        c.Amend,
        facts=st.builds(
            k.EntryAmended,
            entry=st.integers(0, 5),
            text=st.none() | text,
            at=st.none() | instants,
        ),
    ),
    st.builds(
        c.RecordCheck,
        facts=st.builds(
            k.Measured, check=st.sampled_from(Check), passed=st.booleans(), sentence=text
        ),
    ),
)
commands: st.SearchStrategy[c.Command] = conduct | st.one_of(
    st.builds(c.Acknowledge),
    st.builds(
        c.Qualify,
        facts=st.builds(
            e.Qualified, priority=st.none() | st.sampled_from(Priority), title=st.none() | words
        ),
    ),
    st.builds(c.TakeRole, role=st.sampled_from(Role), person=names, briefing=text),
    st.builds(c.AddNote, text=text, about=st.none() | instants),
    st.builds(c.Pin, excerpt=excerpts, note=text),
    st.builds(c.MeasureOnset, onset=onsets, boundary=text),
    st.builds(c.IntendStep, facts=intents),
    st.builds(
        c.StartStep,
        facts=st.builds(e.StepStarted, run=runs, pid=small, start_ticks=small, boot_id=text),
    ),
    st.builds(
        c.ReportStep,
        facts=st.builds(e.StepReported, run=runs, state=st.dictionaries(names, text, max_size=3)),
    ),
    st.builds(
        c.FinishStep,
        facts=st.builds(e.StepFinished, run=runs, outcome=st.sampled_from(Outcome)),
    ),
    st.builds(c.SettleStep, run=runs, done=st.booleans(), reason=text),
    st.builds(
        c.MeasureEffect,
        facts=st.builds(
            e.EffectMeasured,
            run=runs,
            verdict=st.sampled_from(Verdict),
            before_failures=small,
            before_requests=small,
            after_failures=small,
            after_requests=small,
            seconds=small,
            sentence=text,
        ),
    ),
    st.builds(c.Contain, how=text),
    st.builds(c.KeepContainment, run=runs, until=instants, reason=text),
    st.builds(c.Diagnose, text=text, eta=st.none() | instants, reason=text),
    st.builds(c.RecordFix, level=st.sampled_from(FixLevel), text=text),
    st.builds(
        c.SendUpdate,
        kind=st.sampled_from(UpdateKind),
        audience=st.sampled_from(Audience),
        text=text,
    ),
    st.builds(
        c.Hypothesise,
        state=st.sampled_from(HypothesisState),
        text=text,
        number=st.none() | st.integers(1, 3),
    ),
    st.builds(
        c.RecordChange,
        facts=st.builds(
            e.ChangeRecorded, kind=st.sampled_from(ChangeKind), text=text, happened_at=instants
        ),
    ),
    st.builds(
        c.FollowUp,
        kind=st.sampled_from(FollowUpKind),
        text=text,
        number=st.none() | st.integers(1, 3),
        state=st.sampled_from(FollowUpState),
    ),
    st.builds(c.Resolve, text=text),
    st.builds(c.Close, override=text),
    st.builds(c.Reopen, reason=text),
    st.builds(c.EditPostmortem, text=text, base=st.integers(0, 2)),
    st.builds(c.FinishPostmortem, reason=text),
    st.builds(c.Snooze, until=instants, reason=text),
)
