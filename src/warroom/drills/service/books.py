"""The shop's runbooks: Markdown whose steps call `shopctl`, the shop's own operators' command."""

import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

import warroom
from warroom.drills.service.supervisor import SimulatedService


@dataclass(frozen=True, slots=True)
class Book:
    """One runbook with one step that switches something."""

    file: str
    title: str
    kind: str
    symptom: str
    """Regular expression on the lines of the failure; empty: lines do not tell."""
    blast: str
    tell: str
    """The first task, ticked by hand."""
    step: str
    """The second task, which runs."""
    words: str
    """What `shopctl` is told, with parameters as `"$name"`."""
    undo: str
    """What `shopctl` is told to take it back; the state before is in `$state_…`."""
    params: str = ""
    """The `params` entry of the head, empty for none."""
    watch: str = '5xx_rate(route="/api/checkout") < 1% for 20s'


BOOKS: Sequence[Book] = (
    Book(
        file="flag-new-cart-off.md",
        title="Switch the new cart off",
        kind="flag",
        symptom=r'POST /api/checkout HTTP/[0-9.]+" 50[0-4] ',
        blast="Customers see the old cart; open carts are kept",
        tell="Say in the channel that the new cart is being switched off",
        step="Switch the flag off",
        words="flag new-cart off",
        undo='flag new-cart "${state_flag:?the state before is not known}"',
    ),
    Book(
        file="rollback.md",
        title="Roll back the shop",
        kind="rollback",
        symptom=r'" 50[0-4] [0-9]+ .*release="2026.11.20',
        blast="Every request of the shop for about 2 s; requests under way end on the old release",
        tell="Say in the channel that a rollback starts",
        step="Switch the release",
        words='release "$release"',
        undo='release "${state_release:?the state before is not known}"',
        params='{release: {ask: "Release to return to", type: release,'
        ' default: "${previous_release}"}}',
    ),
    Book(
        file="drain-instance.md",
        title="Drain an instance",
        kind="route",
        symptom="",  # any failure may be one of an instance: what the failures share tells
        blast="The other instances take its share of the traffic",
        tell="Look whether the failures are on one instance: the others must carry its share",
        step="Take the instance out of the routing",
        words='instance "$instance" drained',
        undo='instance "$instance" "${state_instance:?the state before is not known}"',
        params='{instance: {ask: "Instance to drain", choices: [app-1, app-2, app-3],'
        ' default: "${upstream}"}}',
    ),
    Book(
        file="kill-checkout.md",
        title="Kill POST /api/checkout",
        kind="kill",
        symptom=r'POST /api/checkout HTTP/[0-9.]+" 50[0-4] ',
        blast="Nobody can order; customers are told that checkout is paused and nothing is charged",
        tell="Say in the channel and to the client that orders stop",
        step="Answer checkout with a friendly page instead of an error",
        words='route "POST /api/checkout" degraded',
        undo='route "POST /api/checkout" "${state_route:?the state before is not known}"',
    ),
    Book(
        file="payments-fallback.md",
        title="Keep payments until the gateway is back",
        kind="flag",
        symptom=r'POST /api/pay HTTP/[0-9.]+" 50[0-4] ',
        blast="Payments are accepted and charged later; refusals by a bank are seen later",
        tell="Tell finance that payments are kept from now on",
        step="Switch the fallback on",
        words="fallback payments on",
        undo='fallback payments "${state_fallback:?the state before is not known}"',
        watch='5xx_rate(route="/api/pay") < 1% for 20s',
    ),
    Book(
        file="flag-bulk-export-off.md",
        title="Switch the bulk export off",
        kind="flag",
        symptom=r'GET /api/products[^"]*" 503 ',
        blast="Partners get their export tomorrow; its database connections come back at once",
        tell="Say in the channel that the bulk export is being switched off",
        step="Switch the flag off",
        words="flag bulk-export off",
        undo='flag bulk-export "${state_flag:?the state before is not known}"',
        watch='5xx_rate(route="/api/products") < 1% for 20s',
    ),
    Book(
        file="config-revert.md",
        title="Return to configuration c-41",
        kind="rollback",
        symptom=r'GET /api/search[^"]*" 50[0-4] ',
        blast="Every instance reads the old configuration at its next request",
        tell="Say in the channel that the configuration goes back",
        step="Switch the configuration",
        words="config c-41",
        undo='config "${state_config:?the state before is not known}"',
        watch='5xx_rate(route="/api/search") < 1% for 20s',
    ),
    Book(
        file="restore-orders.md",
        title="Restore the currency of the orders",
        kind="recover",
        symptom=r'GET /api/orders/[0-9]+ HTTP/[0-9.]+" 500 ',
        blast="Orders are read-only for 2 s; the column returns from the copy of the migration",
        tell="Verify that the copy orders_before_0042 is there and complete",
        step="Restore the column from the copy",
        words="data restored",
        undo='data "${state_data:?the state before is not known}"',
        watch='5xx_rate(route="/api/orders/{id}") < 1% for 20s',
    ),
    Book(
        file="revoke-partner-key.md",
        title="Revoke the key of partner 7",
        kind="secure",
        symptom=r"GET /api/export\?key=partner-7",
        blast="Partner 7 cannot export until it has a new key",
        tell="Keep the access log of the last hour as evidence before anything else",
        step="Revoke the key",
        words="key partner-7 revoked",
        undo='key partner-7 "${state_key:?the state before is not known}"',
        watch='requests(route="/api/export", status="200") < 3/s for 20s',
    ),
)
"""The runbooks that the shop has."""

FIRST_FOUR: Sequence[Book] = BOOKS[:4]
"""One of each kind that contains the bad release: flag, rollback, route, kill."""

_PAGE = Template("""\
---
title: $title
kind: $kind
services: [shop]
symptoms: [$symptoms]
${params}blast_radius: "$blast"
owner: shop team
---

1. [ ] $tell
2. [ ] $step

   ```sh precheck reads timeout=20s
   $before
   ```

   ```sh run timeout=20s
   $run
   ```

   ```sh verify timeout=20s
   $verify
   ```

   ```sh undo timeout=20s
   $undo
   ```

   ```watch
   $watch
   ```

3. [ ] Say in the channel what changed and what the numbers say now
""")


def write_runbooks(folder: Path, service: SimulatedService, books: Sequence[Book] = BOOKS) -> Path:
    """Write `folder/runbooks/*.md` for `service` and return that folder.

    Raises:
        OSError: a file cannot be written.
    """
    control = write_wrapper(service)
    shelf = folder / "runbooks"
    shelf.mkdir(parents=True, exist_ok=True)
    for book in books:
        (shelf / book.file).write_text(render(book, control), encoding="utf-8")
    return shelf


def render(book: Book, control: str) -> str:
    """Return the runbook's text; `control` is the shell's word or words for `shopctl`."""
    return _PAGE.substitute(
        title=book.title,
        kind=book.kind,
        symptoms=f"'{book.symptom}'" if book.symptom else "",
        params=f"params: {book.params}\n" if book.params else "",
        blast=book.blast,
        tell=book.tell,
        step=book.step,
        before=f"{control} before {book.words}",
        run=f"{control} {book.words}",
        verify=f"{control} check {book.words}",
        undo=f"{control} {book.undo}",
        watch=book.watch,
    )


def write_wrapper(service: SimulatedService) -> str:
    """Write `shopctl` into the service's folder; return how a shell calls it from anywhere.

    It is called through `sh`, because temporary folders may forbid execution.
    """
    here = Path(warroom.__file__).parent.parent
    python, home = shlex.quote(sys.executable), shlex.quote(str(service.folder))
    path = service.folder / "shopctl"
    path.write_text(
        "#!/bin/sh\n"
        "# Operates the simulated shop whose folder this is.\n"
        f"PYTHONPATH={shlex.quote(str(here))} exec {python} -P"
        f' -m warroom.drills.service.switch {home} "$@"\n',
        encoding="utf-8",
    )
    path.chmod(0o755)
    return f"sh {shlex.quote(str(path))}"
