"""Those who listen are told in order, once each time they asked, until they leave."""

from warroom.core.listeners import Listeners


def test_each_is_told_in_order_until_it_leaves() -> None:
    told: list[tuple[str, int]] = []
    listeners = Listeners[[int]]()
    first = listeners.add(lambda number: told.append(("first", number)))
    listeners.add(lambda number: told.append(("second", number)))
    listeners.tell(1)
    first()
    first()
    listeners.tell(2)
    assert told == [("first", 1), ("second", 1), ("second", 2)]
    listeners.clear()
    listeners.tell(3)
    assert len(told) == 3


def test_one_that_leaves_while_it_is_told_keeps_nobody_else_from_hearing() -> None:
    told: list[str] = []
    listeners = Listeners[[]]()

    def leave() -> None:
        told.append("leaving")
        end()

    end = listeners.add(leave)
    listeners.add(lambda: told.append("staying"))
    listeners.tell()
    listeners.tell()
    assert told == ["leaving", "staying", "staying"]
