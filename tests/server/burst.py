"""Alerts at a steady rate whatever the answers take, as a network of senders would bring them."""

import asyncio
import json
import time
from collections import Counter
from dataclasses import dataclass, field

SERVICES = 20
"""Groups that the alerts come in, each of a service of its own."""


@dataclass
class Burst:
    """What became of a burst."""

    accepted: set[str] = field(default_factory=set)
    """Fingerprints of the alerts whose message was answered with 202."""
    answers: Counter[int] = field(default_factory=Counter)
    """Answers by status; 0: the connection broke before one came."""
    waits: list[float] = field(default_factory=list)
    """Seconds from the moment at which each message was due until its answer."""
    seconds: float = 0.0
    """From the first message to the last answer."""


def fingerprint(number: int) -> str:
    return f"{number:016x}"


def message(number: int) -> bytes:
    """One alert of its own as Alertmanager sends it: some 900 bytes."""
    service = f"shop-{number % SERVICES}"
    labels = {"alertname": "ProbeFails", "service": service, "severity": "warning"}
    alert = {
        "status": "firing",
        "labels": {**labels, "instance": f"{service}-{number}:8080"},
        "annotations": {"summary": f"the probe of {service}-{number} fails"},
        "startsAt": "2026-11-20T14:02:11.000Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.shop.example/graph?g0.expr=probe_success",
        "fingerprint": fingerprint(number),
    }
    body = {
        "version": "4",
        "groupKey": f'{{}}:{{alertname="ProbeFails", service="{service}"}}',
        "truncatedAlerts": 0,
        "receiver": "warroom",
        "status": "firing",
        "groupLabels": {"alertname": "ProbeFails", "service": service},
        "commonLabels": labels,
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.shop.example:9093",
        "alerts": [alert],
    }
    return json.dumps(body).encode()


async def burst(
    port: int, token: str, *, rate: float, seconds: float, connections: int = 64
) -> Burst:
    """Send alerts to a server on loopback; one that is late does not hold up the next."""
    found = Burst()
    due: asyncio.Queue[tuple[int, float] | None] = asyncio.Queue()
    head = (
        "POST /v1/ingest/alertmanager HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\n"
    ).encode()

    async def sender() -> None:
        writer = None
        while (one := await due.get()) is not None:
            number, when = one
            body = message(number)
            try:
                if writer is None:
                    reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(b"%bContent-Length: %d\r\n\r\n%b" % (head, len(body), body))
                answer = await reader.readuntil(b"\r\n\r\n")
                status = int(answer.split(b" ", 2)[1])
                length = answer.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
                await reader.readexactly(int(length))
            except (OSError, EOFError):  # IncompleteReadError is one
                status, writer = 0, None
            found.answers[status] += 1
            found.waits.append(time.monotonic() - when)
            if status == 202:
                found.accepted.add(fingerprint(number))
        if writer is not None:
            writer.close()

    senders = [asyncio.create_task(sender()) for _ in range(connections)]
    began = time.monotonic()
    for number in range(int(rate * seconds)):
        when = began + number / rate
        if (wait := when - time.monotonic()) > 0:
            await asyncio.sleep(wait)
        due.put_nowait((number, when))
    for _ in senders:
        due.put_nowait(None)
    await asyncio.gather(*senders)
    found.seconds = time.monotonic() - began
    return found
