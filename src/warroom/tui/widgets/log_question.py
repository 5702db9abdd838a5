"""What is asked of a log: everything, or some requests, without some fields, in a window."""

from dataclasses import dataclass, replace

from warroom.tui.widgets.log_line import clock, shown


@dataclass(frozen=True, slots=True)
class Question:
    """How the reader narrowed the analysis; the plain one asks the log for everything."""

    where: tuple[tuple[str, str], ...] = ()
    """Only requests with these values, by field."""
    without: tuple[str, ...] = ()
    """Fields that must not be named."""
    window: tuple[float, float] | None = None
    """Compare what is inside with what is outside, epoch seconds; None: the log says when."""

    @property
    def words(self) -> tuple[str, ...]:
        """What was narrowed, each in a few words; foreign text in it is cleaned."""
        said = [f"only {name} {shown(value)}" for name, value in self.where]
        said += [f"without {shown(name)}" for name in self.without]
        if self.window is not None:
            said.append(f"window {clock(self.window[0])} – {clock(self.window[1])}")
        return tuple(said)

    def dropping(self, name: str) -> "Question":
        """The same without a field."""
        return replace(self, without=tuple(dict.fromkeys((*self.without, name))))

    def taking_back(self) -> "Question":
        """The same with the field again that was dropped last."""
        return replace(self, without=self.without[:-1])

    def within(self, fields: tuple[tuple[str, str], ...]) -> "Question":
        """The same about the requests of a slice only."""
        return replace(self, where=tuple(dict((*self.where, *fields)).items()))

    def moved(self, span: tuple[float, float], edge: int, step: float) -> "Question":
        """The same about a window whose start (0) or end (1) is moved by some seconds."""
        low, high = self.window or span
        moved = (low + step, high) if edge == 0 else (low, high + step)
        return self if moved[1] - moved[0] < abs(step) else replace(self, window=moved)


PLAIN = Question()
