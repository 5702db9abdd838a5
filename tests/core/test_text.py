"""What foreign text may and may not do once it has been cleaned."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warroom.core.text import CUT_MARK, clean_line, clean_text, quiet_json

ESC = "\x1b"
PAYLOADS = {
    "csi colour": f"A{ESC}[31mB",
    "clear screen": f"A{ESC}[2J{ESC}[HB",
    "clipboard, BEL": f"A{ESC}]52;c;cHduZWQ=\x07B",
    "clipboard, ST": f"A{ESC}]52;c;cHduZWQ={ESC}\\B",
    "link": f"A{ESC}]8;;http://evil.example/{ESC}\\L{ESC}]8;;{ESC}\\B",
    "window title": f"A{ESC}]0;owned\x07B",
    "bell": "A\x07B",
    "C1 CSI": "A\x9b31mB",
    "C1 OSC": "A\x9d0;owned\x9cB",
    "bidi": "A\u202eevil\u202cB",
    "invisible": "A\u200b\u2060\ufeffB",
    "marks": "A" + "\u0301" * 50 + "B",
    "family": "A👨\u200d👩\u200d👧B",
    "nul": "A\x00B",
    "backspaces": "AX\x08\x08B",
    "carriage return": "A\rB",
    "delete": "A\x7fB",
    "DCS": f"A{ESC}P1$q{ESC}\\B",
    "APC": f"A{ESC}_Gf=1{ESC}\\B",
    "alternate screen": f"A{ESC}[?1049lB",
    "surrogate": "A\udce9B",
    "odd newlines": "A\u2028\x85\x0b\x0cB",
    "unterminated": f"A{ESC}]52;c;AAAA",
    "lone escape": f"A{ESC}",
}
_FORBIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff\u2028\u2029]"
)


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())
def test_no_payload_keeps_a_byte_that_a_terminal_obeys(payload: str) -> None:
    for cleaned in (clean_line(payload), clean_line(payload.encode("utf-8", "surrogatepass"))):
        assert not _FORBIDDEN.search(cleaned)
        assert cleaned.startswith("A")


def test_escape_sequences_go_whole_and_the_rest_stays_readable() -> None:
    assert clean_line(f"a {ESC}[1;31mred{ESC}[0m b") == "a red b"
    assert clean_line(f"x{ESC}]0;title\x07y") == "xy"
    assert clean_line("tab\there") == "tab    here"
    assert clean_line("nul\0") == "nul␀"


def test_ordinary_text_in_any_script_is_left_alone() -> None:
    for text in (
        "GET /api/checkout 502",
        "naïve café — Größe",
        "日本語のログ",
        "العربية",
        "δοκιμή",
        "👨‍👩‍👧",
    ):
        assert clean_line(text) == text


def test_a_long_line_is_cut_with_a_mark() -> None:
    cleaned = clean_line("x" * 10_000_000)
    assert len(cleaned) == 4096 + len(CUT_MARK)
    assert cleaned.endswith(CUT_MARK)
    assert clean_line("x" * 4096) == "x" * 4096


def test_lines_stay_lines() -> None:
    assert clean_text("a\r\nb\rc\n\x1b[2Jd") == "a\nb\nc\nd"


@given(st.one_of(st.text(max_size=300), st.binary(max_size=300)))
def test_cleaning_is_total_and_idempotent(text: str | bytes) -> None:
    once = clean_line(text)
    assert not _FORBIDDEN.search(once)
    assert clean_line(once) == once


@given(st.text(alphabet="\u202e\x00ab\x1b[]", min_size=30, max_size=120), st.integers(5, 40))
def test_cleaning_twice_changes_nothing_even_when_cut(text: str, limit: int) -> None:
    once = clean_line(text, limit)
    assert len(once) <= limit + len(CUT_MARK)
    assert clean_line(once, limit) == once


def test_hostile_input_is_linear() -> None:
    # Each of these made a backtracking expression quadratic; they must simply return.
    for payload in ("\x1b]" * 20_000, "\x1b[" + "0" * 50_000, "\x1bP" + "\x1b" * 50_000):
        clean_line(payload, limit=100_000)


@given(st.recursive(st.text(), lambda more: st.lists(more) | st.dictionaries(st.text(), more)))
def test_quiet_json_reads_as_the_same_and_does_nothing(value):
    said = quiet_json(json.dumps(value, ensure_ascii=False))
    assert json.loads(said) == value
    assert _FORBIDDEN.search(said) is None


@pytest.mark.parametrize("name", PAYLOADS)
def test_no_payload_survives_in_quiet_json(name):
    said = quiet_json(json.dumps([PAYLOADS[name]], ensure_ascii=False, indent=2))
    assert json.loads(said) == [PAYLOADS[name]]
    assert _FORBIDDEN.search(said.replace("\n", "")) is None
    assert not re.search("[\u0300-\u036f]{5}", said)
