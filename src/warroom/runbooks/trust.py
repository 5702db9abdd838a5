"""Which runbooks this machine has seen and accepted; a changed one is shown as a difference."""

import contextlib
import difflib
import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from warroom.runbooks.model import Runbook
from warroom.runbooks.parse import shipped


class Standing(StrEnum):
    """What this machine thinks of a runbook."""

    TRUSTED = "trusted"
    NEW = "new"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A standing, and for what changed the unified difference to the accepted text."""

    standing: Standing
    diff: str = ""
    """Foreign text: to be cleaned before it is shown."""


class TrustStore:
    """Accepted texts, one file each, readable and writable by their owner only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def judge(self, runbook: Runbook) -> Verdict:
        """Whether a runbook may run here; what ships with warroom is trusted as warroom is."""
        if runbook.path and Path(runbook.path).resolve().is_relative_to(shipped().resolve()):
            return Verdict(Standing.TRUSTED)
        try:
            known = json.loads(self._file(runbook).read_text("utf-8"))
            sha256, text = str(known["sha256"]), str(known["text"])
        except (OSError, ValueError, KeyError, TypeError):
            return Verdict(Standing.NEW)
        if sha256 == runbook.sha256:
            return Verdict(Standing.TRUSTED)
        lines = difflib.unified_diff(
            text.splitlines(), runbook.text.splitlines(), "accepted", "now", lineterm=""
        )
        return Verdict(Standing.CHANGED, "\n".join(lines))

    def accept(self, runbook: Runbook) -> None:
        """Remember this text as accepted; raises OSError where it cannot be written."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        known = {"path": runbook.path, "sha256": runbook.sha256, "text": runbook.text}
        descriptor, name = tempfile.mkstemp(dir=self._folder)  # mode 600
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(known, file)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self._file(runbook))
        except OSError:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise

    def _file(self, runbook: Runbook) -> Path:
        where = str(Path(runbook.path).resolve()) if runbook.path else runbook.sha256
        return self._folder / f"{hashlib.sha256(where.encode()).hexdigest()}.json"
