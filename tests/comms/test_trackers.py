"""Follow-ups as issues, against stand-ins that follow the vendors' documents (no real tracker).

The stand-ins keep what is created, so that looking for it, reading it back and trying again after a
lost answer behave as they would there.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from tests.cli.conftest import desk  # noqa: F401 - the fixture
from tests.cli.desk import Desk

TOKEN = "tok-9f8e7d6c5b4a"


class Tracker:
    """Issues of one project, told in the words of one vendor."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.url = ""
        self.issues: list[dict] = []
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.lose_next = False

    def allowed(self, headers: dict[str, str]) -> bool:
        import base64

        basic = base64.b64encode(f"ana@example.test:{TOKEN}".encode()).decode()
        return {
            "github": headers.get("authorization") == f"Bearer {TOKEN}",
            "gitlab": headers.get("private-token") == TOKEN,
            "jira": headers.get("authorization") == f"Basic {basic}",
        }[self.kind]

    def answer(self, method: str, path: str, body: dict) -> tuple[int, object]:
        parts = urlsplit(path)
        asked = parse_qs(parts.query)
        place = unquote(parts.path)
        home = {
            "github": "/repos/shop/checkout/issues",
            "gitlab": "/api/v4/projects/shop/checkout/issues",
            "jira": "/rest/api/2/issue",
        }[self.kind]
        if method == "POST" and place == home:
            return 201, self.made(body)
        if method == "GET" and place.startswith(f"{home}/"):
            return 200, self.issues[int(place.rpartition("/")[2].removeprefix("OPS-")) - 1]
        if method == "GET" and self.kind == "jira" and place == "/rest/api/3/search/jql":
            wanted = asked["jql"][0].partition('"')[2].rstrip('"')
            return 200, {"issues": [x for x in self.issues if wanted in x["fields"]["labels"]]}
        if method == "GET" and place == home:
            words = asked.get("search", [""])[0]
            return 200, [x for x in self.issues if words in str(x.get("description", ""))]
        return 404, {"message": "Not Found"}

    def made(self, body: dict) -> dict:
        number = len(self.issues) + 1
        issue = {
            "github": lambda: {**body, "number": number, "state": "open",
                               "html_url": f"{self.url}/shop/checkout/issues/{number}"},
            "gitlab": lambda: {**body, "iid": number, "state": "opened",
                               "web_url": f"{self.url}/shop/checkout/-/issues/{number}"},
            "jira": lambda: {"id": str(number), "key": f"OPS-{number}",
                             "fields": {**body["fields"],
                                        "status": {"statusCategory": {"key": "new"}}}},
        }[self.kind]()  # fmt: skip
        self.issues.append(issue)
        return issue

    def close_all(self) -> None:
        for issue in self.issues:
            if self.kind == "jira":
                issue["fields"]["status"] = {"statusCategory": {"key": "done"}}
            issue["state"] = "closed"


@contextmanager
def tracker(kind: str) -> Iterator[Tracker]:
    state = Tracker(kind)

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {k.lower(): v for k, v in self.headers.items()}
            state.asked.append((self.command, self.path, headers))
            if not state.allowed(headers):
                status, said = 401, {"message": "Bad credentials"}
            else:
                status, said = state.answer(self.command, self.path, json.loads(raw) if raw else {})
            if state.lose_next and self.command == "POST":
                state.lose_next = False
                self.close_connection = True
                return  # made, and the answer lost
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(said).encode())

        do_GET = do_POST = answer

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@pytest.fixture(params=["github", "gitlab", "jira"])
def there(request: pytest.FixtureRequest) -> Iterator[Tracker]:
    with tracker(request.param) as state:
        yield state


@pytest.fixture
def shop(desk: Desk, there: Tracker, monkeypatch: pytest.MonkeyPatch) -> Desk:  # noqa: F811
    to = "OPS" if there.kind == "jira" else "shop/checkout"
    desk.configure(
        f'[channels.tracker]\nkind = "{there.kind}"\nurl = "{there.url}"\nto = "{to}"\n'
        'secret = "SHOP_TOKEN"\nuser = "ana@example.test"\n'
    )
    monkeypatch.setenv("SHOP_TOKEN", TOKEN)
    desk("declare", "checkout answers 5xx", "--service", "shop")
    for text in (
        "Alert on 5xx above 2 %",
        "Test with token ghp_0123456789abcdefghijABCDEFGHIJ012345",
    ):
        desk(
            "followup", "1", text, "--kind", "test", "--owner", "leo", "--due", "2026-12-01T12:00Z"
        )
    return desk


def notes(shop: Desk) -> list[str]:
    return [line for line in shop("timeline", "1").out.splitlines() if "ticket" in line]


def test_nothing_is_sent_before_it_is_confirmed(shop: Desk, there: Tracker) -> None:
    said = shop("followups", "1", "--create", "tracker").out
    assert "nothing was sent" in said
    assert "Alert on 5xx above 2 %" in said
    assert there.asked == []


def test_it_is_created_once_with_an_entry_before_and_after(shop: Desk, there: Tracker) -> None:
    said = shop("followups", "1", "--create", "tracker", "--confirm").out
    assert said.count("created") == 2
    assert len(there.issues) == 2
    assert "ghp_" not in json.dumps(there.issues), "no secret leaves"
    assert len(notes(shop)) == 2, "one before each"
    links = [one["link"] for one in shop("followups", "1", "--json").json]
    assert all(link.startswith(there.url) for link in links)
    shop("followups", "1", "--create", "tracker", "--confirm")
    assert len(there.issues) == 2


def test_an_answer_that_was_lost_does_not_make_a_second_issue(shop: Desk, there: Tracker) -> None:
    there.lose_next = True
    said = shop("followups", "1", "--create", "tracker", "--number", "1", "--confirm", ok=False)
    assert said.status == 1
    assert "nothing is created twice" in said.err
    assert len(there.issues) == 1
    assert any("no ticket" in note for note in notes(shop))
    again = shop("followups", "1", "--create", "tracker", "--number", "1", "--confirm").out
    assert "was there already" in again
    assert len(there.issues) == 1


def test_what_was_done_in_the_tracker_is_done_here(shop: Desk, there: Tracker) -> None:
    shop("followups", "1", "--create", "tracker", "--confirm")
    assert shop("followups", "--read-back", "tracker").out == ""
    there.close_all()
    assert shop("followups", "--read-back", "tracker").out.count("done, says") == 2
    states = {one["state"] for one in shop("followups", "1", "--all", "--json").json}
    assert states == {"done"}


def test_a_wrong_token_is_said_and_never_shown(
    shop: Desk, there: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "wrong-token-1234")
    said = shop("followups", "1", "--create", "tracker", "--confirm", ok=False)
    assert said.status == 1
    assert "401" in said.err
    assert "wrong-token" not in said.out + said.err + "\n".join(notes(shop))
    assert there.issues == []


def test_a_token_goes_to_no_other_place_than_its_tracker(shop: Desk, there: Tracker) -> None:
    shop("followup", "1", "--number", "1", "--link", "http://127.0.0.1:9/elsewhere/issues/1")
    shop("followups", "--read-back", "tracker")
    assert there.asked == []
    said = shop("followups", "1", "--create", "nobody", ok=False)
    assert (said.status, "tracker" in said.err) == (2, True)
