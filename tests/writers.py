"""Somebody who writes in a postmortem at random, through the machine that the editor saves with."""

import random
import re

from warroom.core import commands as c
from warroom.core.decide import Refusal
from warroom.core.journal import JournalError
from warroom.core.merge import Keep
from warroom.room.service import Room
from warroom.tui.textsync import TextSync

SECTIONS = ("Summary", "Impact", "Root cause", "Prevention")
TEXT = "# INC-1\n\n" + "".join(f"## {name}\n\nNothing yet.\n\n" for name in SECTIONS)


class Writer:
    """One console's editor without its screen: it types, saves, and takes over what came."""

    def __init__(self, room: Room, name: str, seed: int) -> None:
        self.name = name
        self.chance = random.Random(seed)
        self.room = room
        self.sync = TextSync()
        self.text = ""
        self.typed = 0
        self.conflicts = 0

    @property
    def words(self) -> set[str]:
        """What was typed."""
        return {f"{self.name}{number:05}" for number in range(1, self.typed + 1)}

    def type(self) -> None:
        """Put a word that exists once into the text, at any place or into a section of its own."""
        self.typed += 1
        word = f"{self.name}{self.typed:05}"
        lines = self.text.split("\n")
        row = self.chance.randrange(1, len(lines))
        if lines[row].startswith(("#", ">")) or self.chance.random() < 0.3:
            lines.insert(row, word)
        else:
            at = self.chance.randrange(len(lines[row]) + 1)
            while 0 < at < len(lines[row]) and lines[row][at - 1] != " ":
                at += 1  # between words, as a person writes
            lines[row] = f"{lines[row][:at]} {word} {lines[row][at:]}"
        if self.chance.random() < 0.1:
            lines = [line for line in lines if not line.startswith("> ! ")]  # conflicts cleared up
        self.text = "\n".join(lines)

    def exchange(self) -> None:
        """Take over what the room holds, settle a conflict by keeping both, save what is new."""
        try:
            incident = self.room.incident("INC-1")
            assert incident is not None
            shown = self.sync.arrived(incident.postmortem_version, incident.postmortem, self.text)
            if shown is not None:
                self.text = shown
            settled = self.sync.settle(Keep.BOTH, self.text)
            if settled is not None:
                self.conflicts += 1
                self.text = settled
            wanted = self.sync.to_send(self.text)
            if wanted is not None:
                done = self.room.do(c.EditPostmortem(text=wanted[0], base=wanted[1]), "INC-1")
                if isinstance(done, Refusal):
                    self.sync.refused()
        except JournalError:
            self.sync.refused()  # cut off: what is typed stays here


def kept(text: str) -> set[str]:
    """Return the typed words that a text holds."""
    return set(re.findall(r"[a-z]{3}\d{5}", text))
