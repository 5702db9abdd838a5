"""Make the finished incident of the sample data: the failure that the logs beside it show.

From the first report to the last follow-up it is told to a real store, which is then exported.
Every figure in it is counted in shop_access.log; a second run gives the same text.
"""

import hashlib
import os
import re
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from warroom.cli.main import run
from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.archive import write_archive
from warroom.core.codec import decode
from warroom.core.conduct import Answered, Measured
from warroom.core.decide import Refusal
from warroom.core.postmortem import QUESTION, draft
from warroom.core.words import (
    Audience,
    ChangeKind,
    Check,
    Criterion,
    FixLevel,
    FollowUpKind,
    FollowUpState,
    HypothesisState,
    Outcome,
    Priority,
    Role,
    UpdateKind,
    Verdict,
)
from warroom.logs import open_log
from warroom.room.impact import measure_impact, window
from warroom.room.local import LocalRoom
from warroom.store import open_journal

ROOT = Path(__file__).parents[1]
LOG = ROOT / "sample_data" / "logs" / "shop_access.log"
TARGET = ROOT / "sample_data" / "incident" / "journal.jsonl"
JOURNAL = "sample-incident"
DAY = datetime(2026, 11, 21, tzinfo=UTC)
READ = DAY.replace(hour=16)
"""When the report was made."""
LINE = re.compile(r'(\S+) .*?\[([^]]+)\] "\S+ \S+ [^"]*" (\d{3}) ')

ANSWERS = {
    "Which users or clients noticed": "Acme's shop: its customers saw an error page at checkout. "
    "No order was charged twice; the client counted no lost order that was not placed again.",
    "Technical: what in the system": "The release opened a connection for each request and the "
    "pool of each instance is small.",
    "Process: which step": "The load test before a release sends one order at a time.",
    "Human: what did people": "The dashboard showed the mean over all routes, where checkout is "
    "one request in four.",
    "What else went well": "The rollback was rehearsed in the drill of October; its undo was "
    "ready before it ran.",
    "How long did detection take": "4 s after the onset, by the alert on 5xx; nothing to shorten.",
    "What made diagnosis slow": "The application log did not name the pool. It does now.",
    "Should a test have caught it": "Yes: a load test with 50 orders at once, added.",
    "Where else in the code": "The search service builds its connections the same way; looked at, "
    "and not affected, because it keeps one open.",
    "Can it be reproduced": "Yes, with 50 orders at once.",
    "What is different between staging": "Staging has one instance and no load.",
    "Is the fix on a branch": "Yes, fix/pool-3, 12 lines.",
    "Which test covers": "The load test; it failed before the fix and passes with it.",
    "Did it run on staging": "Yes, for half an hour under the load test.",
    "Is it deployed in stages": "One instance for ten minutes, then all; it is everywhere.",
    "Is the way back ready": "Yes, the runbook that was used.",
    "What is watched while": "5xx of checkout and waits for the pool.",
    "What limits the damage while": "The pool has a limit for each client since the hotfix.",
}
"""Begins of questions of the draft, and what the team answered."""


class Teller:
    """Tells a story to a room, at times of its own."""

    def __init__(self, room: LocalRoom, clock: list[datetime]) -> None:
        self.room = room
        self.clock = clock
        self.name: str | None = None

    def at(self, time: str, command: c.Command, by: str = "ana") -> None:
        """Send a command as somebody at a time of the day."""
        hour, minute, second = (float(part) for part in time.split(":"))
        now = DAY + timedelta(hours=hour, minutes=minute, seconds=second)
        self.clock[0] = now
        done = self.room.do(command, self.name, actor=by, command_id=f"sample-{now:%H%M%S%f}-{by}"
                            f"-{type(command).__name__}")  # fmt: skip
        if isinstance(done, Refusal):
            raise SystemExit(f"{time} {command}: {done.reason} {done.hint}")
        self.name = done.incident.id


def counted(since: datetime, until: datetime, *, checkout: bool | None = None) -> tuple[int, int]:
    """Return failures and requests of a time, by a plain expression over the log."""
    failures = requests = 0
    for line in LOG.read_text("utf-8").splitlines():
        found = LINE.match(line)
        if found is None or checkout not in (None, '"POST /api/checkout' in line):
            continue
        at = datetime.strptime(found[2], "%d/%b/%Y:%H:%M:%S %z")
        if since <= at < until:
            requests += 1
            failures += found[3] >= "500"
    return failures, requests


def begin(tell: Teller) -> None:
    """Tell it from the alert to the containment."""
    onset = DAY + timedelta(hours=8, minutes=3, seconds=1)
    ended = onset + timedelta(seconds=14)
    before = counted(onset, onset + timedelta(seconds=11))
    after = counted(ended, ended + timedelta(seconds=10))
    tell.at("8:3:5", c.Declare(facts=e.Declared(
        title="checkout answers 5xx since release 2026.11.20", service="shop",
        priority=Priority.P1, criteria=(Criterion.REVENUE,),
        summary="Orders fail since the deployment of this morning.",
        client="acme", source="alertmanager", detected_at=onset + timedelta(seconds=4),
        onset=e.Onset(at=onset, low=onset, high=onset + timedelta(seconds=1), end=ended,
                      sentence="5xx began at 08:03:01 UTC (±1 s) and ended at 08:03:15"),
        boundary="POST /api/checkout of release 2026.11.20",
        public="Orders could not be placed for a short time.",
    )), by="alertmanager")  # fmt: skip
    tell.at("8:3:6", c.Acknowledge(), by="ana")
    tell.at("8:3:6.5", c.TakeRole(role=Role.OPERATIONS, person="leo"))
    tell.at("8:3:7", c.RecordChange(facts=e.ChangeRecorded(
        kind=ChangeKind.DEPLOY, text="shop 2026.11.20 deployed", release="2026.11.20",
        happened_at=onset - timedelta(milliseconds=77),
    )), by="changes")  # fmt: skip
    offset, line = failing()
    tell.at("8:3:8", c.Pin(excerpt=e.Excerpt(
        source="shop_access.log", offset=offset, text=line,
        sha256=hashlib.sha256(line.encode() + b"\n").hexdigest(),
    ), note="first failure"), by="leo")  # fmt: skip
    intent = decode(e.StepIntended, {
        "run": "r1", "runbook": "rollback-shop", "title": "Return the shop to the last release",
        "kind": "rollback", "step": 1, "step_title": "Switch the release", "action": "run",
        "command": 'shopctl release "$release"', "sha256": "0" * 64,
        "params": {"release": "2026.11.19"}, "blast_radius": "all requests to the shop",
        "undo": "shopctl release 2026.11.20",
    })  # fmt: skip
    tell.at("8:3:12", c.IntendStep(facts=intent), by="leo")
    finished = e.StepFinished(run="r1", outcome=Outcome.SUCCEEDED, milliseconds=2840, output="ok")
    tell.at("8:3:14.84", c.FinishStep(facts=finished), by="leo")
    tell.at("8:3:25", c.MeasureEffect(facts=e.EffectMeasured(
        run="r1", verdict=Verdict.SOLVED, before_failures=before[0], before_requests=before[1],
        after_failures=after[0], after_requests=after[1], seconds=10,
        sentence=f"5xx {100 * before[0] / before[1]:.1f} % → 0 % in 10 s",
    )), by="leo")  # fmt: skip


def failing() -> tuple[int, str]:
    """Return where the first failed order of the log stands, and its line."""
    offset = 0
    for line in LOG.read_bytes().splitlines(keepends=True):
        found = LINE.match(line.decode())
        if found is not None and found[3] >= "500" and b"POST /api/checkout" in line:
            return offset, line.decode().rstrip("\n")
        offset += len(line)
    raise SystemExit("no order of the log failed")


def go_on(tell: Teller) -> None:
    """Tell it from the first update to the follow-ups."""
    tell.at("8:6:30", c.SendUpdate(
        kind=UpdateKind.INITIAL, audience=Audience.CLIENT,
        text="Orders work again since 08:03:15 UTC. We are confirming the cause.",
    ), by="mia")  # fmt: skip
    tell.at("8:15:0", c.Hypothesise(
        state=HypothesisState.CONFIRMED, text="the new release opens a connection for each request",
        evidence="+ pool waits only on 2026.11.20",
    ), by="leo")  # fmt: skip
    tell.at("8:16:0", c.Diagnose(
        text="release 2026.11.20 opens a connection for each request and empties the pool",
        public="A new version of our software used too many database connections.",
    ))  # fmt: skip
    fix = c.RecordFix(
        level=FixLevel.HOTFIX, text="give the connection back", reference="fix/pool-3"
    )
    tell.at("9:20:0", fix, by="leo")
    for question, text in (
        ("trigger", "more than 40 orders at once"),
        ("learn.detection", ANSWERS["How long did detection take"]),
        ("review.backup", "restored on 2 November in 14 min"),
        ("review.training", "the rollback was drilled in October"),
    ):
        tell.at(f"9:30:{len(question)}", c.Answer(facts=Answered(question=question, text=text)))
    for number, (kind, text, owner, days) in enumerate((
        (FollowUpKind.MONITORING, "Alert on 5xx above 2 % of checkout for 30 s", "leo", 7),
        (FollowUpKind.TEST, "Load test with 50 orders at once before each release", "kim", 14),
    )):  # fmt: skip
        tell.at(f"9:40:{number}", c.FollowUp(
            kind=kind, text=text, owner=owner, due=DAY + timedelta(days=days), public=not number,
        ))  # fmt: skip
    state = tell.room.incident("INC-1")
    known = state.follow_ups if state else ()
    opened = next((one for one in known if one.kind is FollowUpKind.ROOT_CAUSE), None)
    if opened is not None:
        tell.at("9:41:0", c.FollowUp(
            number=opened.follow_up, kind=opened.kind, text=opened.text, owner="leo",
            due=DAY + timedelta(days=10), state=FollowUpState.OPEN,
        ))  # fmt: skip
    tell.at("10:0:0", c.Resolve(text="2026.11.21 with the hotfix runs everywhere"))
    since, until = DAY + timedelta(hours=8, minutes=3, seconds=15), DAY + timedelta(hours=9)
    for number, (check, mine, words) in enumerate((
        (Check.GONE, True, "POST /api/checkout"), (Check.ADJACENT, False, "the other routes"),
    )):  # fmt: skip
        failures, requests = counted(since, until, checkout=mine)
        facts = Measured(
            check=check, passed=failures * 50 < requests, failures=failures, requests=requests,
            sentence=f"{words}: {failures} of {requests} failed from 08:03:15 on", seconds=11,
        )  # fmt: skip
        tell.at(f"10:1:{number}", c.RecordCheck(facts=facts))


def finish(tell: Teller) -> None:
    """Tell how the review made a final text of the draft, and the end."""
    room = tell.room
    state = room.incident("INC-1")
    if state is None:
        raise SystemExit("there is no incident")
    span = window(state, tell.clock[0])
    log = open_log(LOG, threaded=False)
    while log.step():  # type: ignore[attr-defined]  # a file's log has it
        pass
    impact = measure_impact([log], *span) if span else None
    log.close()
    text = draft(state, room.records("INC-1"), impact)
    lines = []
    for line in text.split("\n"):
        answer = next((a for q, a in ANSWERS.items() if line.startswith(QUESTION + q)), None)
        asked = line.removeprefix(QUESTION)
        lines.append(f"- {asked} {answer}" if answer is not None else line)
    tell.at("14:0:0", c.EditPostmortem(text="\n".join(lines), base=0), by="mia")
    kept = next((run for run in state.ledger), None)
    if kept is not None:
        tell.at("14:1:0", c.KeepContainment(run=kept.intent.run, until=DAY + timedelta(days=10),
                                            reason="until the root-cause fix"))  # fmt: skip
    tell.at("15:0:0", c.FinishPostmortem())
    tell.at("15:1:0", c.Close())


def main() -> None:
    """Make the file."""
    clock = [DAY]
    with tempfile.TemporaryDirectory() as folder:
        journal = open_journal(
            Path(folder) / "w.db", anchors=Path(folder) / "anchors", journal_id=JOURNAL
        )
        room = LocalRoom(journal, actor="ana", device="desk", clock=lambda: clock[0])
        tell = Teller(room, clock)
        begin(tell)
        go_on(tell)
        finish(tell)
        lines = list(write_archive(journal.end(), journal.links(0, journal.head())))
        room.close()
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    sys.stdout.write(f"{TARGET}: {len(lines) - 1} events\n")
    reports()


def reports() -> None:
    """Write the report of the incident, as the command line does."""
    with tempfile.TemporaryDirectory() as folder:
        own = {"HOME": folder, "XDG_DATA_HOME": folder, "XDG_STATE_HOME": folder}
        os.environ.update(own, XDG_CONFIG_HOME=str(ROOT / "sample_data"))
        run(["journal", "import", str(TARGET)])
        for form in ("md", "html"):
            out = str(TARGET.with_name(f"report.{form}"))
            words = ["postmortem", "1", "--log", str(LOG), "--format", form, "--out", out]
            run(words, clock=lambda: READ)


if __name__ == "__main__":
    main()
