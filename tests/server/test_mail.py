"""Reports by mail: kept before the mail server is told so, and never bounced by a fault of ours."""

import smtplib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.server.kit import Served, until

from warroom.comms.send import send
from warroom.core.journal import JournalFull
from warroom.intake.door import door_of
from warroom.intake.vendors import Intake
from warroom.post_tables import intake_of
from warroom.room.dispatch import Dispatch
from warroom.room.postman import Postman
from warroom.room.reception import Reception
from warroom.server.desk import Limits
from warroom.server.serve import ServeError
from warroom.store import SqlInbox, SqlOutbox
from warroom.table import TableError

MAIL = (
    (Path(__file__).parents[2] / "sample_data" / "payloads" / "mail.eml")
    .read_bytes()
    .replace(b"\n", b"\r\n")
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def made(folder: Path, *doors: str) -> Served:
    intakes = {
        f"mail{n}": Intake(name=f"mail{n}", kind="mail", listen=door)
        for n, door in enumerate(doors)
    }

    def staff(served: Served) -> Postman:
        reception = Reception(served.hall, SqlInbox(served.journal), intakes)
        dispatch = Dispatch(served.hall, SqlOutbox(served.journal), (), send)
        return Postman(reception, dispatch, (), lambda _: b"", served.hall.now)

    limits = Limits(ingest_bytes=100_000)
    return Served(folder, staff=staff, intakes=intakes, limits=limits)


class Doors:
    def __init__(self, folder: Path) -> None:
        self.lmtp, self.smtp = free_port(), free_port()
        self.path = folder / "lmtp"
        self.served = made(
            folder,
            f"lmtp://127.0.0.1:{self.lmtp}",
            f"smtp://localhost:{self.smtp}",
            f"lmtp:{self.path}",
        ).start()
        self.inbox = SqlInbox(self.served.journal)


@pytest.fixture
def doors(tmp_path: Path) -> Iterator[Doors]:
    opened = Doors(tmp_path)
    yield opened
    opened.served.stop()


def deliver(client: smtplib.SMTP, body: bytes = MAIL) -> None:
    with client:
        client.sendmail("andre@client.example", ["incidents@shop.example"], body)


def test_a_mail_by_lmtp_opens_an_incident(doors: Doors) -> None:
    deliver(smtplib.LMTP("127.0.0.1", doors.lmtp, timeout=20))
    (kept,) = doors.inbox.letters()  # it was on the disk before the answer
    assert kept.body == MAIL
    until(doors.served.hall.incidents)
    (incident,) = doors.served.hall.incidents()
    assert incident.title == "L'export ne fonctionne plus"
    assert incident.contact == "mail:andre@client.example"


def test_a_mail_delivered_twice_or_by_another_protocol(doors: Doors) -> None:
    for _ in range(2):
        deliver(smtplib.SMTP("127.0.0.1", doors.smtp, timeout=20))
    deliver(smtplib.LMTP(str(doors.path), timeout=20))
    assert sorted(one.intake for one in doors.inbox.letters()) == ["mail1", "mail2"]
    until(lambda: not doors.inbox.waiting())
    assert len(doors.served.hall.incidents()) == 1


def test_each_recipient_is_answered(doors: Doors) -> None:
    with (
        socket.create_connection(("127.0.0.1", doors.lmtp), 20) as line,
        line.makefile("rb") as said,
    ):
        line.sendall(
            b"LHLO mx\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<one@c.example>\r\n"
            b"RCPT TO:<two@c.example>\r\nDATA\r\n"
        )
        while not said.readline().startswith(b"354"):
            pass
        line.sendall(MAIL + b"x" * 5000 + b"\r\n.\r\nQUIT\r\n")
        assert [said.readline()[:9] for _ in range(3)] == [b"250 2.0.0"] * 2 + [b"221 Bye\r\n"]
    assert len(doors.inbox.letters()) == 1


def test_what_cannot_be_kept_is_for_later_and_what_is_too_large_for_never(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise JournalFull("the disk is full", "Make room.")

    with pytest.raises(smtplib.SMTPResponseException) as large:
        deliver(smtplib.LMTP("127.0.0.1", doors.lmtp, timeout=20), MAIL + b"x\n" * 100_000)
    assert large.value.smtp_code == 552
    monkeypatch.setattr(SqlInbox, "put", full)
    with pytest.raises(smtplib.SMTPDataError) as later:
        deliver(smtplib.LMTP("127.0.0.1", doors.lmtp, timeout=20))
    assert later.value.smtp_code == 451
    assert doors.inbox.letters() == ()


def test_a_socket_is_its_owners_and_goes_with_the_server(tmp_path: Path) -> None:
    path = tmp_path / "lmtp"
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(path))  # nobody listens there any more
    served = made(tmp_path, f"lmtp:{path}").start()
    assert path.stat().st_mode & 0o777 == 0o660
    with pytest.raises(ServeError, match="lmtp:"):
        made(tmp_path / "second", f"lmtp:{path}").start()
    deliver(smtplib.LMTP(str(path), timeout=20))
    served.stop()
    assert not path.exists()


@pytest.mark.parametrize(
    "listen",
    ["lmtp://0.0.0.0:24", "smtp://192.0.2.1:25", "lmtp://127.0.0.1", "pop://127.0.0.1:1", "x"],
)
def test_only_this_machine_may_deliver(listen: str) -> None:
    with pytest.raises(TableError, match="listen"):
        intake_of("mail", {"listen": listen})


def test_only_mail_is_delivered() -> None:
    with pytest.raises(TableError, match="only mail"):
        intake_of("github", {"listen": "lmtp://127.0.0.1:24"})
    assert intake_of("post", {"kind": "mail", "listen": "smtp://[::1]:2525"}).listen
    assert door_of("smtp://[::1]:2525").host == "::1"
