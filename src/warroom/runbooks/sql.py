"""Run a `sql` block against PostgreSQL: parameters bound by the driver, rows shown, time bounded.

Statements run one after the other, each in a transaction of its own unless the block opens one. A
column named `warroom_state` holds `key=value`, the state before.
"""

import importlib.util
import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from warroom.core.words import Outcome as OutcomeKind
from warroom.core.words import StepAction
from warroom.runbooks.mention import NAME
from warroom.runbooks.model import Block
from warroom.runbooks.outcome import OnOutput, OnState, Outcome
from warroom.runbooks.output import Collector
from warroom.runbooks.redact import redact

if TYPE_CHECKING:
    import psycopg

DEFAULT_URL = "database_url"
"""The parameter (a secret) that holds the connection's URL, unless `url=` names another."""

ROW_LIMIT = 200
"""Rows of one result that are shown."""
_CELL = 200
_STATE_COLUMN = "warroom_state"
_POLL = 0.05
_FALSE = {"", "f", "false", "0", "no", "off"}

_TOKEN = re.compile(
    r"\b[eE]'(?:[^'\\]|\\.|'')*'"
    r"|'(?:[^']|'')*'"
    r'|"(?:[^"]|"")*"'
    r"|--[^\n]*"
    r"|/\*.*?\*/"
    r"|(\$(?:[A-Za-z_][A-Za-z0-9_]*)?\$).*?\1"
    r"|;",
    re.DOTALL,
)


def statements(code: str) -> Iterator[str]:
    """The statements of a text; a semicolon inside quotes, comments or `$$ … $$` ends none."""
    start = 0
    for match in _TOKEN.finditer(code):
        if match[0] == ";":
            yield code[start : match.start()]
            start = match.end()
    yield code[start:]


def _bind(statement: str, env: Mapping[str, str]) -> str:
    """A statement with `$name` as the driver's placeholder.

    Only outside quotes, comments and `$$ … $$`: the driver writes a value as a literal, which
    inside another one could end it.
    """

    def placeholders(text: str) -> str:
        parts = []
        position = 0
        for match in NAME.finditer(text):
            name = match[1] or match[2]
            if name in env:
                parts.append(text[position : match.start()].replace("%", "%%") + f"%({name})s")
                position = match.end()
        return "".join(parts) + text[position:].replace("%", "%%")

    bound = []
    position = 0
    for token in _TOKEN.finditer(statement):
        bound.append(placeholders(statement[position : token.start()]))
        bound.append(token[0].replace("%", "%%"))
        position = token.end()
    return "".join(bound) + placeholders(statement[position:])


def mentions(code: str) -> Iterator[tuple[str, int]]:
    """Every name that would be bound, with its offset."""
    blanked = _TOKEN.sub(lambda match: " " * len(match[0]), code)
    for match in NAME.finditer(blanked):
        yield match[1] or match[2], match.start()


def quoted_mentions(code: str) -> Iterator[int]:
    """Offsets of strings that hold what looks like a parameter, which is not bound there."""
    for token in _TOKEN.finditer(code):
        if token[0].startswith("'") and NAME.search(token[0]):
            yield token.start()


def run_sql(
    block: Block,
    env: Mapping[str, str],
    *,
    timeout: float,
    role: StepAction = StepAction.RUN,
    on_output: OnOutput | None = None,
    on_state: OnState | None = None,
    cancel: threading.Event | None = None,
    secrets: Sequence[str] = (),
) -> Outcome:
    """Execute the statements up to the first that fails; what goes wrong is in the outcome.

    A precheck or verification succeeds only if its last result has a row whose first value is
    neither empty, null, false nor 0.

    Args:
        block: The statements; says which parameter holds the connection's URL.
        env: Values of the parameters.
        timeout: Seconds for all of them; the server is told to give up too.
        role: What the block is for.
        on_output: Gets the rows, redacted.
        on_state: Gets what a column `warroom_state` says, as its rows come.
        cancel: Cancels the running statement on the server when set.
        secrets: Values hidden in the outcome.
    """
    began = time.monotonic()
    collector = Collector(secrets, on_output, on_state)
    kind, reason = OutcomeKind.SUCCEEDED, ""
    url = env.get(block.options.get("url") or DEFAULT_URL, "")
    if importlib.util.find_spec("psycopg") is None:
        kind, reason = OutcomeKind.FAILED, "the PostgreSQL driver is missing: install psycopg"
    elif not url:
        kind, reason = OutcomeKind.FAILED, "no URL of a database: set the variable of the secret"
    else:
        kind, reason = _execute(block, env, url, timeout, role, collector, cancel)
    head, tail, state = collector.finish()
    return Outcome(
        kind=kind,
        reason=redact(reason[:300], secrets),
        exit_status=None,
        head=head,
        tail=tail,
        total_bytes=collector.total,
        seconds=time.monotonic() - began,
        pid=None,
        state=state,
    )


def _execute(
    block: Block,
    env: Mapping[str, str],
    url: str,
    timeout: float,
    role: StepAction,
    collector: Collector,
    cancel: threading.Event | None,
) -> tuple[OutcomeKind, str]:
    import psycopg  # noqa: PLC0415 - an extra, and only such a step needs it

    milliseconds = max(1, int(timeout * 1000))
    ended = threading.Event()
    given_up: list[OutcomeKind] = []
    try:
        with psycopg.connect(
            url,
            autocommit=True,
            connect_timeout=max(2, int(timeout)),
            cursor_factory=psycopg.ClientCursor,
            application_name="warroom",
            options=f"-c statement_timeout={milliseconds} -c lock_timeout={milliseconds}",
        ) as connection:
            guard = threading.Thread(
                target=_guard,
                args=(connection, time.monotonic() + timeout, cancel, ended, given_up),
                daemon=True,
            )
            guard.start()
            try:
                good = _run_all(connection, block.code, env, collector)
            finally:
                ended.set()
                guard.join()
    except psycopg.Error as error:
        if given_up:
            what = "stopped" if given_up[0] is OutcomeKind.CANCELLED else "time is up"
            return given_up[0], what
        if isinstance(error, psycopg.errors.QueryCanceled | psycopg.errors.LockNotAvailable):
            return OutcomeKind.TIMED_OUT, str(error).splitlines()[0]
        return OutcomeKind.FAILED, str(error).splitlines()[0]
    if role in {StepAction.PRECHECK, StepAction.VERIFY} and not good:
        return OutcomeKind.FAILED, "the last query did not answer yes"
    return OutcomeKind.SUCCEEDED, ""


def _guard(
    connection: "psycopg.Connection[tuple[object, ...]]",
    deadline: float,
    cancel: threading.Event | None,
    ended: threading.Event,
    given_up: list[OutcomeKind],
) -> None:
    """Cancel the statement on the server when told to, or when time is up."""
    while not ended.wait(_POLL):
        stop = cancel is not None and cancel.is_set()
        if stop or time.monotonic() > deadline:
            given_up.append(OutcomeKind.CANCELLED if stop else OutcomeKind.TIMED_OUT)
            connection.cancel_safe(timeout=2)
            return


def _run_all(
    connection: "psycopg.Connection[tuple[object, ...]]",
    code: str,
    env: Mapping[str, str],
    collector: Collector,
) -> bool:
    """Run every statement; whether the last result answers yes."""
    good = False
    for statement in statements(code):
        if not re.sub(r"--[^\n]*", "", statement).strip():
            continue
        # The text is the runbook's own, shown before it runs; only values are bound into it.
        cursor = connection.execute(_bind(statement, env).encode(), dict(env))
        if cursor.description is None:
            collector.feed(f"{cursor.statusmessage}\n".encode())
            continue
        names = [column.name for column in cursor.description]
        rows = cursor.fetchmany(ROW_LIMIT)
        good = bool(rows) and _text(rows[0][0]).lower() not in _FALSE
        collector.feed(f"{' | '.join(names)}\n".encode())
        for row in rows:
            collector.feed(f"{' | '.join(_text(cell)[:_CELL] for cell in row)}\n".encode())
            for name, cell in zip(names, row, strict=True):
                if name == _STATE_COLUMN:
                    collector.feed(f"warroom-state: {_text(cell)}\n".encode())
        collector.feed(f"({cursor.rowcount} rows)\n".encode())
    return good


def _text(cell: object) -> str:
    if cell is None:
        return ""
    return str(cell).replace("\n", "⏎")
