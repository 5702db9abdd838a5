"""What stands around the failing service: who is hit, how they fare, in which order to repair."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from warroom.core.services import Branch, ServiceMap
from warroom.tui.panes.base import Hint
from warroom.tui.panes.tab import Tab
from warroom.tui.snapshot import Snapshot
from warroom.tui.theme import Palette
from warroom.tui.widgets.pieces import Line, Piece, line, rule, spread, wrap
from warroom.tui.widgets.rowlist import Row, RowList


class AroundTab(Tab):
    """The blast radius as a tree, each with its own failures; then the order of repair."""

    NAME: ClassVar[str] = "Around"
    SHORT: ClassVar[str] = "Ard"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "measure", "measure", show=False, id="around.measure"),
    ]

    def __init__(
        self,
        palette: Palette,
        chart: ServiceMap,
        rates: Callable[[Sequence[str]], Mapping[str, str]],
    ) -> None:
        super().__init__(palette)
        self.rows = RowList(palette)
        self.chart = chart
        self._measure = rates
        self._rates: Mapping[str, str] = {}
        self._service: str | None = None
        self._shown = False
        """Whether there is an incident."""

    def compose(self) -> ComposeResult:
        """Lay out the list."""
        yield self.rows

    def show(self, snapshot: Snapshot) -> None:
        """Draw what stands around the service of the incident, if it is another one."""
        service = snapshot.current.service if snapshot.current else ""
        shown = snapshot.current is not None
        if (service, shown) != (self._service, self._shown):
            self._service, self._shown, self._rates = service, shown, {}
            self.rows.fill(self._build)

    def count(self, snapshot: Snapshot) -> int:
        """Return how many services are hit."""
        service = snapshot.current.service if snapshot.current else ""
        return len(self.chart.blast_radius(service)) if service else 0

    def hints(self) -> list[Hint]:
        """Return the keys of the tab."""
        known = (self._service or "") in self.chart.names()
        return [*([Hint("r", "measure each")] if known else []), Hint("← →", "tabs")]

    def take_focus(self) -> None:
        """Focus the list, and measure once a service is looked at."""
        super().take_focus()
        if self._service and not self._rates:
            self.action_measure()

    def action_measure(self) -> None:
        """Measure how each fares in its own log, beside everything else."""
        service = self._service or ""
        if service in self.chart.names():
            names = [service, *(hit.name for hit in self.chart.blast_radius(service))]
            self._look(service, names)

    @work(group="around", exclusive=True, exit_on_error=False, description="How services fare")
    async def _look(self, service: str, names: Sequence[str]) -> None:
        found = await asyncio.to_thread(self._measure, names)
        if service == self._service:
            self._rates = found
            self.rows.fill(self._build)

    # What is drawn.

    def _build(self, width: int) -> list[Row]:
        service = self._service or ""
        if service not in self.chart.names():
            words = _unknown(service) if self._shown else "No incident is shown."
            return [Row("", (line(Piece(part, "mute")),)) for part in wrap(words, width)]
        chart = self.chart
        hits = chart.blast_radius(service)
        found = [_row(rule(f"Who is hit when {service} fails", width, _fact(len(hits))))]
        found += [Row(f"{n}", (self._branch(b, width),)) for n, b in enumerate(chart.tree(service))]
        needs = chart.get(service).depends_on
        if needs:
            told = f"{service} itself stands on {', '.join(needs)}: look there first."
            found += [_row(line(Piece(part, "soft"))) for part in wrap(told, width)]
        failing = [name for name, rate in self._rates.items() if _fails(rate)]
        order = chart.fix_order([service, *failing, *needs])
        found += [_row(()), _row(rule("Repair in this order", width))]
        for number, group in enumerate(order, start=1):
            owners = ", ".join(dict.fromkeys(o for n in group if (o := chart.get(n).owner)))
            left = line(Piece(f"{number}. ", "mute"), " and ".join(group))
            found.append(_row(spread(left, line(Piece(owners, "mute")), width)))
        points = chart.integration_points([service, *failing])
        if points:
            found += [_row(()), _row(rule("Then test", width))]
            found += [
                _row(line(Piece("· ", "mute"), Piece(f"{name}: ", "soft"), point))
                for name, point in points
            ]
        return found

    def _branch(self, branch: Branch, width: int) -> Line:
        stem = ""
        if branch.depth:
            stem = "   " * (branch.depth - 1) + ("└─ " if branch.last else "├─ ")
        owner = self.chart.get(branch.name).owner
        again = "  see above" if branch.again else ""
        left = line(
            Piece(stem, "line"),
            Piece(branch.name, bold=not branch.depth),
            Piece(f"  {owner}{again}" if owner or again else "", "mute"),
        )
        rate = self._rates.get(branch.name, "")
        if not rate:
            logs = self.chart.get(branch.name).logs
            return spread(left, line(Piece("" if logs else "no log of its own", "mute")), width)
        return spread(left, line(Piece(rate, "s5" if _fails(rate) else "soft")), width)


def _row(text: Line) -> Row:
    return Row("", (text,))


def _fact(count: int) -> Line:
    return line(Piece(f"{count} hit" if count else "nobody else", "mute"))


def _fails(rate: str) -> bool:
    """Whether a measured sentence tells of failures."""
    share = rate.removeprefix("5xx ").split(" ")[0]
    return share not in {"0", "0.0", "—"}


def _unknown(service: str) -> str:
    if not service:
        return "The incident names no service; t in the queue gives it one."
    return (
        f"{service} is not in the service map; [services.{service}] in the configuration adds it."
    )
