"""How the console stands to its server: in the header always, in words when it changes."""

from warroom.core import spell
from warroom.room.service import Contact
from warroom.tui.draw import Line, cut
from warroom.tui.snapshot import Snapshot


def draw_contact(line: Line, snapshot: Snapshot, *, wide: bool) -> None:
    """Add where the incidents are kept; being offline is an ordinary state, and has its age."""
    contact = snapshot.contact
    if contact.reading:
        line.put("  reading ", "accent", bold=True)
    if snapshot.trouble:  # what is shown is not what is so
        line.put("  ✗ ", "s5", bold=True).put("no store ", "s5", bold=True)
        return
    if contact.online:
        line.put("  ● ", "ok")
        if wide:
            line.put(f"{cut(contact.where, 24)} ", "soft")
        if contact.pending:
            line.put(f"{contact.pending} to send ", "soft")
        return
    words = "offline"
    if wide and contact.since is not None:
        words = f"offline {spell.in_prose(snapshot.now - contact.since)}"
    line.put("  ◇ ", "warn").put(f"{words} ", "warn", bold=True)
    if contact.pending:
        line.put(f"· {contact.pending} to send ", "warn")


def trouble_news(before: str, now: str) -> tuple[str, str] | None:
    """Return what to say when the store stops to answer, and when it answers again."""
    if now and not before:
        return f"{now.rstrip('.')}. What is shown is older; it is read again by itself", "s5"
    if before and not now:
        return "The store answers again", "ok"
    return None


def contact_news(before: Contact, now: Contact) -> tuple[str, str] | None:
    """Return what to say of a change, as words and colour token; None: nothing."""
    if now.refused > before.refused:
        count = now.refused - before.refused
        what = "a command" if count == 1 else f"{count} commands"
        words = f"{now.where} did not keep {what} made without contact: see the note in the"
        return f"{words} timeline, or `warroom remote refused`", "warn"
    if now.trouble and now.trouble != before.trouble:
        return now.trouble, "warn"
    if before.online and not now.online:
        return (
            f"{now.where} does not answer: go on as usual, what you do is kept here and sent later",
            "warn",
        )
    if now.online and not before.online:
        return f"{now.where} answers again", "ok"
    return None
