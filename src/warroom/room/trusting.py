"""Accept a runbook once: what is new to this machine, or has changed, is shown before it runs."""

from warroom.core.decide import Refusal
from warroom.room.containment import Doubt
from warroom.runbooks.model import Runbook
from warroom.runbooks.trust import Standing, TrustStore


def doubted(name: str, book: Runbook, store: TrustStore) -> Doubt | None:
    """Return what must be read before this runbook may run; None: it was accepted."""
    verdict = store.judge(book)
    if verdict.standing is Standing.TRUSTED:
        return None
    changed = verdict.standing is Standing.CHANGED
    return Doubt(
        runbook=name,
        title=book.title,
        path=book.path,
        sha256=book.sha256,
        changed=changed,
        text=verdict.diff if changed else book.text,
    )


def accepted(book: Runbook, sha256: str, store: TrustStore) -> Refusal | None:
    """Remember a text as accepted, if it still is the one that was shown."""
    if book.sha256 != sha256:
        return Refusal(
            reason=f"{book.title} changed while it was read: it was not accepted",
            hint="Open it again.",
        )
    try:
        store.accept(book)
    except OSError as error:
        return Refusal(reason=f"{book.title} cannot be remembered as accepted ({error})")
    return None
