"""What changed according to git: the commits and tags of a checkout, each with its kind."""

import os
import re
import subprocess
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from warroom.core.events import ChangeRecorded
from warroom.core.text import clean_line
from warroom.core.words import ChangeKind

SECONDS = 10.0
"""How long git may take before it is given up."""
MOST = 200
"""Commits read at most: who looks at more does not look for a cause any more."""

_MIGRATION = re.compile(
    r"(^|/)(migrations?|migrate|alembic|flyway|liquibase)/|\.sql$", re.IGNORECASE
)
_DEPENDENCY = re.compile(
    r"(^|/)(requirements[^/]*\.txt|[^/]*\.lock|go\.(mod|sum)|package(-lock)?\.json|Gemfile|"
    r"pyproject\.toml|Cargo\.toml|pom\.xml|build\.gradle(\.kts)?|composer\.json|pnpm-lock\.yaml)$",
    re.IGNORECASE,
)
_CONFIG = re.compile(
    r"(^|/)(config|conf|settings|deploy|helm|k8s|terraform|ansible)/|"
    r"\.(ya?ml|toml|ini|conf|cfg|env|tf|properties)$",
    re.IGNORECASE,
)
_RECORD = "\x1e"
_FIELD = "\x1f"


class GitError(Exception):
    """A checkout cannot be read; the message names it and says why."""


def read_git(path: Path, since: datetime, until: datetime) -> tuple[ChangeRecorded, ...]:
    """Return the commits and tags of a checkout in a time, in order.

    The time of a commit is when it was committed: it may have gone live later.

    Raises:
        GitError: It is no checkout, git is missing or took too long.
    """
    commits = _git(
        path,
        "log",
        "--all",
        f"--max-count={MOST}",
        f"--since={int(since.timestamp())}",
        f"--until={int(until.timestamp())}",
        "--no-renames",
        "--name-only",
        "-m",
        "--first-parent",
        f"--format={_RECORD}%H{_FIELD}%ct{_FIELD}%s{_FIELD}",
    )
    tags = _git(
        path,
        "for-each-ref",
        "refs/tags",
        f"--format={_RECORD}%(refname:short){_FIELD}%(creatordate:unix){_FIELD}%(subject){_FIELD}",
    )
    found = {*_commits(path.name, commits), *_tags(path.name, tags)}
    inside = (change for change in found if since <= change.happened_at <= until)
    return tuple(sorted(inside, key=lambda change: (change.happened_at, change.reference)))


def kind_of(files: Iterable[str]) -> ChangeKind:
    """Return what a change of these files most likely is: the riskiest kind that it touches."""
    names = tuple(files)
    for pattern, kind in (
        (_MIGRATION, ChangeKind.MIGRATION),
        (_DEPENDENCY, ChangeKind.DEPENDENCY),
        (_CONFIG, ChangeKind.CONFIG),
    ):
        if any(pattern.search(name) for name in names):
            return kind
    return ChangeKind.DEPLOY


def _commits(name: str, text: str) -> Iterable[ChangeRecorded]:
    for record in text.split(_RECORD)[1:]:
        parts = record.split(_FIELD)
        if len(parts) != 4 or not parts[1].isdigit():
            continue
        digest, at, subject, files = parts
        yield ChangeRecorded(
            kind=kind_of(line for line in files.splitlines() if line),
            text=f"{name}: {clean_line(subject, 200)}",
            happened_at=datetime.fromtimestamp(int(at), UTC),
            reference=digest[:12],
        )


def _tags(name: str, text: str) -> Iterable[ChangeRecorded]:
    for record in text.split(_RECORD)[1:]:
        parts = record.split(_FIELD)
        if len(parts) != 4 or not parts[1].isdigit():
            continue
        tag, at, subject, _ = parts
        yield ChangeRecorded(
            kind=ChangeKind.DEPLOY,
            text=f"{name}: tag {clean_line(tag, 80)} {clean_line(subject, 120)}".rstrip(),
            happened_at=datetime.fromtimestamp(int(at), UTC),
            release=clean_line(tag, 80),
            reference=clean_line(tag, 80),
        )


def _git(path: Path, *words: str) -> str:
    # A checkout is foreign: its hooks, its monitor and its pager must not run for a question.
    safe: Sequence[str] = (
        "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "--no-pager",
        "--no-optional-locks",
    )  # fmt: skip
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("GIT_")},
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
    }
    try:
        done = subprocess.run(
            ["git", *safe, "-C", str(path), *words],
            capture_output=True,
            timeout=SECONDS,
            env=environment,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except FileNotFoundError:
        raise GitError("git is not installed") from None
    except subprocess.TimeoutExpired:
        raise GitError(f"{path}: git took longer than {SECONDS:.0f} s") from None
    if done.returncode:
        said = clean_line(done.stderr.decode("utf-8", "replace").strip(), 200)
        raise GitError(f"{path}: {said or f'git ended with status {done.returncode}'}")
    return done.stdout.decode("utf-8", "replace")
