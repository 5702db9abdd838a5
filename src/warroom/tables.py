"""Read the tables of the configuration: calendars, policies, rotas, services, sources, views."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from warroom.core.hours import parse_hours, parse_span, parse_week
from warroom.core.oncall import Rota
from warroom.core.services import Metrics, Service, ServiceMap
from warroom.core.terms import DEFAULT_POLICIES, Agreement, Limits, Terms, limits_of
from warroom.core.words import Priority
from warroom.remotes import Remote, RemoteError
from warroom.table import Table as _Table
from warroom.table import TableError
from warroom.table import group as _group

if TYPE_CHECKING:
    from warroom.logs.sources import Source
    from warroom.post_tables import Post

CLOCKS = ("respond", "diagnose", "hotfix", "report")
_LIMITS = ("respond", "diagnose", "fix", "report", "update")


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """A calendar as it is written."""

    zone: str
    hours: tuple[str, ...]
    holidays: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """Everything that the tables say."""

    agreements: tuple[Agreement, ...] = ()
    rotas: tuple[Rota, ...] = ()
    services: ServiceMap = field(default_factory=ServiceMap)
    views: Mapping[str, str] = field(default_factory=dict)
    remotes: Mapping[str, Remote] = field(default_factory=dict)
    post: "Post | None" = None
    """Other systems, if there are any."""
    sources: Mapping[str, "Source"] = field(default_factory=dict)
    """Logs by name."""


NAMES = (
    "calendars",
    "policies",
    "oncall",
    "services",
    "views",
    "remotes",
    "intake",
    "channels",
    "sources",
)


def read_tables(data: Mapping[str, object]) -> Tables:
    """Return what the tables of a configuration say; keys that are no tables are passed over.

    Raises:
        TableError: Something in them cannot be used.
    """
    weeks = {name: _week(name, table) for name, table in _group(data, "calendars")}
    return Tables(
        agreements=tuple(_agreement(n, table, weeks) for n, table in _group(data, "policies")),
        rotas=tuple(_rota(name, table) for name, table in _group(data, "oncall")),
        services=ServiceMap(
            services={name: _service(name, table) for name, table in _group(data, "services")}
        ),
        views=_views(data.get("views", {})),
        remotes={name: _remote(name, table) for name, table in _group(data, "remotes")},
        post=_post(data),
        sources={name: _source(name, table) for name, table in _group(data, "sources")},
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("no such time zone; write Europe/Berlin or UTC") from None


def _week(name: str, data: Mapping[str, Any]) -> Week:
    table = _Table(f"calendars.{name}", data)
    zone = table.take("zone", str, "UTC")
    table.parsed("zone", zone, _zone)
    written = table.take("hours", dict, {})
    if not all(isinstance(value, str) for value in written.values()):
        raise TableError(f"[calendars.{name}] hours = {written!r} is not a table of texts")
    try:
        week = parse_week(written)
    except ValueError as error:
        raise TableError(f"[calendars.{name}] hours: {error}") from None
    if not any(week):
        raise TableError(
            f'[calendars.{name}] is never open; write hours = {{ mon-fri = "09:00-17:00" }}'
        )
    holidays = table.take("holidays", list, [])
    country, region = table.take("country", str, ""), table.take("region", str, "")
    days = tuple(sorted({_day(table, day) for day in holidays} | _public(name, country, region)))
    table.done()
    return Week(zone=zone, hours=tuple(_hours_text(day) for day in week), holidays=days)


def _day(table: _Table, day: object) -> str:
    if isinstance(day, date) and not isinstance(day, datetime):
        return day.isoformat()
    if isinstance(day, str):
        return table.parsed("holidays", day, date.fromisoformat).isoformat()
    raise TableError(f"[{table.where}] holidays: {day!r} is no date such as 2026-12-25")


def _public(name: str, country: str, region: str) -> set[str]:
    """Return the public holidays of a country, from last year to the one after next."""
    if not country:
        return set()
    from holidays import country_holidays  # noqa: PLC0415 - read only where a calendar asks for it

    year = datetime.now(UTC).year
    try:
        found = country_holidays(country, subdiv=region or None, years=range(year - 1, year + 3))
    except NotImplementedError as error:
        raise TableError(
            f"[calendars.{name}] country = {country!r}, region = {region!r}: {error}"
        ) from None
    return {day.isoformat() for day in found}


def _hours_text(hours: tuple[tuple[int, int], ...]) -> str:
    text = ",".join(f"{a // 60:02d}:{a % 60:02d}-{b // 60:02d}:{b % 60:02d}" for a, b in hours)
    parse_hours(text)
    return text


def _agreement(name: str, data: Mapping[str, Any], weeks: Mapping[str, Week]) -> Agreement:
    table = _Table(f"policies.{name}", data)
    calendar = table.take("calendar", str, "")
    if calendar and calendar not in weeks:
        raise TableError(
            f"[policies.{name}] calendar = {calendar!r}: there is no [calendars.{calendar}]"
        )
    pauses = table.texts("pause_while_waiting")
    for clock in pauses:
        if clock not in CLOCKS:
            raise TableError(
                f"[policies.{name}] pause_while_waiting: {clock!r} is no clock; clocks are "
                + ", ".join(CLOCKS)
            )
    always = table.texts("around_the_clock") if "around_the_clock" in data else ("P1",)
    for priority in always:
        if priority not in set(Priority):
            raise TableError(f"[policies.{name}] around_the_clock: {priority!r} is no priority")
    limits = [_limits(table, name, priority) for priority in Priority if priority.value in data]
    clients, services = table.texts("clients"), table.texts("services")
    for priority in Priority:
        table.take(priority.value, dict, {})
    table.take("around_the_clock", list, [])
    table.done()
    terms = Terms(
        name=name,
        limits=tuple(limits),
        around_the_clock=tuple(Priority(one) for one in always),
        pauses=pauses,
    )
    if calendar:
        week = weeks[calendar]
        terms = replace(terms, zone=week.zone, hours=week.hours, holidays=week.holidays)
    return Agreement(terms=terms, clients=clients, services=services)


def _limits(table: _Table, name: str, priority: Priority) -> Limits:
    written = table.take(priority.value, dict, {})
    inner = _Table(f"policies.{name}.{priority.value}", written)
    policy = DEFAULT_POLICIES[priority]
    for key in _LIMITS:
        text = inner.take(key, str, "")
        if text:
            policy = replace(policy, **{key: inner.parsed(key, text, parse_span)})
    inner.done()
    return limits_of(priority, policy)


def _rota(name: str, data: Mapping[str, Any]) -> Rota:
    table = _Table(f"oncall.{name}", data)
    people = table.texts("people")
    if not people:
        raise TableError(f"[oncall.{name}] people: a rota needs at least one person")
    start = data.get("start")
    if isinstance(start, str):
        start = table.parsed("start", start, datetime.fromisoformat)
    if not isinstance(start, datetime) or start.tzinfo is not None:
        raise TableError(
            f"[oncall.{name}] start: write the local time of the first hand-over, as in "
            "2026-11-02T09:00:00"
        )
    turn = table.parsed("turn", table.take("turn", str, "7d"), parse_span)
    escalate = table.parsed("escalate", table.take("escalate", str, "15m"), parse_span)
    phones = table.take("phones", dict, {})
    zone = table.parsed("zone", table.take("zone", str, "UTC"), _zone)
    clients, services = table.texts("clients"), table.texts("services")
    if turn < timedelta(hours=1):
        raise TableError(f"[oncall.{name}] turn: a turn lasts an hour at least")
    table.take("start", object, None)
    table.done()
    return Rota(
        name=name,
        people=people,
        start=start,
        turn=turn,
        zone=zone,
        escalate=escalate,
        phones={str(person): str(number) for person, number in phones.items()},
        clients=clients,
        services=services,
    )


def _remote(name: str, data: Mapping[str, Any]) -> Remote:
    table = _Table(f"remotes.{name}", data)
    remote = Remote(
        url=table.take("url", str, "").rstrip("/"),
        token_env=table.take("token_env", str, "WARROOM_TOKEN"),
        token_file=table.take("token_file", str, ""),
        ca=table.take("ca", str, ""),
    )
    table.done()
    try:
        remote.check()
    except RemoteError as error:
        raise TableError(f"[remotes.{name}] url: {error}") from None
    return remote


def _post(data: Mapping[str, object]) -> "Post | None":
    """Import the modules of other systems only where there are some: most consoles have none."""
    intakes, channels = _group(data, "intake"), _group(data, "channels")
    if not intakes and not channels:
        return None
    from warroom.post_tables import read_post  # noqa: PLC0415

    return read_post(intakes, channels)


def _service(name: str, data: Mapping[str, Any]) -> Service:
    table = _Table(f"services.{name}", data)
    staging = table.take("staging", str, "")
    if staging and not staging.startswith(("http://", "https://")):
        raise TableError(f"[services.{name}] staging = {staging!r} is no http address")
    labels = table.take("labels", dict, {})
    if not all(isinstance(value, str) for value in labels.values()):
        raise TableError(f"[services.{name}] labels is not a table of texts")
    silence = table.take("silence", dict, {})
    if not all(isinstance(value, str) for value in silence.values()):
        raise TableError(f"[services.{name}] silence is not a table of texts")
    alertmanager = table.take("alertmanager", str, "")
    if alertmanager and not alertmanager.startswith(("http://", "https://")):
        raise TableError(f"[services.{name}] alertmanager = {alertmanager!r} is no http address")
    service = Service(
        name=name,
        depends_on=table.texts("depends_on"),
        owner=table.take("owner", str, ""),
        staging=staging.rstrip("/"),
        integration_points=table.texts("integration_points"),
        repositories=table.texts("repositories"),
        logs=table.texts("logs"),
        labels=labels,
        metrics=_metrics(name, table.take("prometheus", dict, {})),
        alertmanager=alertmanager.rstrip("/"),
        silence=silence,
    )
    table.done()
    return service


def _metrics(name: str, data: Mapping[str, Any]) -> Metrics | None:
    if not data:
        return None
    where = f"services.{name}.prometheus"
    table = _Table(where, data)
    url = table.take("url", str, "")
    if not url.startswith(("http://", "https://")):
        raise TableError(f"[{where}] url = {url!r} is no http address")
    queries = {key: table.take(key, str, "") for key in ("failures", "total", "ratio", "p95")}
    if bool(queries["ratio"]) == bool(queries["failures"] and queries["total"]):
        raise TableError(f"[{where}] needs either failures and total, or ratio")
    average = table.take("range", int, 60)
    if not 1 <= average <= 3600:
        raise TableError(f"[{where}] range = {average!r}: seconds, from 1 to 3600")
    token = table.take("token", str, "")
    table.done()
    return Metrics(url=url.rstrip("/"), range=average, token=token, **queries)


def _source(name: str, data: Mapping[str, Any]) -> "Source":
    from warroom.logs.errors import LogError  # noqa: PLC0415 - only who has sources
    from warroom.logs.sources import read_source  # noqa: PLC0415

    try:
        return read_source(name, data)
    except LogError as error:
        raise TableError(f"[sources.{name}] {error}") from None


def _views(data: object) -> Mapping[str, str]:
    if not isinstance(data, dict) or not all(isinstance(v, str) for v in data.values()):
        raise TableError('views is not a table of texts such as late = "is:late"')
    return dict(data)
