"""Tell from what a log writes whether a request lies in a slice that an analysis named.

An analysis learns routes and networks from a whole log. Afterwards a few seconds of it are enough.
"""

from collections.abc import Callable
from urllib.parse import unquote_plus

from warroom.logs.analysis.prepare import agent, network

Fits = Callable[[str], bool]


def derived(name: str, value: str) -> tuple[str, Fits]:
    """Return the column that tells a derived field, and whether one of its values means `value`."""
    if name in {"client family", "client version"}:
        place = int(name == "client version")
        return "user_agent", lambda known: agent(known)[place] == value
    if name.startswith("network"):
        wide = name.endswith("/16")
        return "client", lambda known: network(known, wide=wide) == value
    if name.startswith("?"):
        return "path", lambda known: _query_has(known, name[1:], value)
    if name in {"path under", "area"}:
        return "path", lambda known: _under(value, known)
    if name.startswith("/"):
        return "path", lambda known: _parameter_is(name, value, known)
    if name == "route":
        return "path", lambda known: route_fits(value, known)
    return name, lambda known: known == value


def route_fits(route: str, path: str) -> bool:
    """Whether a path is of a route, in which a part in braces stands for one part of any text."""
    return _same(_parts(route.rpartition(" ")[2]), _parts(path))


def _parts(path: str) -> list[str]:
    return path.partition("?")[0].split("/")


def _same(wanted: list[str], parts: list[str]) -> bool:
    return len(wanted) == len(parts) and all(
        _any(w) or w == p for w, p in zip(wanted, parts, strict=True)
    )


def _any(part: str) -> bool:
    return part.startswith("{") and part.endswith("}")


def _under(value: str, path: str) -> bool:
    wanted, parts = _parts(value), _parts(path)
    return len(parts) > len(wanted) and _same(wanted, parts[: len(wanted)])


def _parameter_is(name: str, value: str, path: str) -> bool:
    """Whether the last open part of `name` has a value in a path that begins like it."""
    wanted, parts = _parts(name), _parts(path)
    place = max((n for n, part in enumerate(wanted) if _any(part)), default=-1)
    begins = len(parts) >= len(wanted) and _same(wanted, parts[: len(wanted)])
    return begins and place >= 0 and parts[place] == value


def _query_has(path: str, name: str, value: str) -> bool:
    pairs = (part.partition("=") for part in path.partition("?")[2].split("&"))
    return any(key == name and unquote_plus(text) == value for key, _, text in pairs)
