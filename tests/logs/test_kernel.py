"""The vector scanner says of every line what the format's own pattern says."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from warroom.logs.formats.load import named
from warroom.logs.formats.reader import Reader
from warroom.logs.kernel import AccessScanner
from warroom.logs.linescan import PAD, LineScanner
from warroom.logs.segments import Codes, Scanned
from warroom.logs.times import Clock

STAMP = "[20/Nov/2026:22:00:00 +0000]"


def both(data: bytes) -> tuple[Scanned, Scanned, Codes]:
    codes = Codes()
    reader = Reader(named("combined"), Clock())
    slow = LineScanner(reader, codes).scan(bytearray(data) + bytes(PAD), len(data), flush=True)
    fast = AccessScanner(Clock(), codes).scan(bytearray(data) + bytes(PAD), len(data), flush=True)
    return fast, slow, codes


def marks(scanned: Scanned, codes: Codes) -> list[int]:
    return [codes.mark(code) if codes.mark(code) >= 100 else 0 for code in scanned.codes]


def times(scanned: Scanned) -> list[int]:
    rows = [*map(int, scanned.run_rows), len(scanned.codes)]
    found: list[int] = []
    for place, second in enumerate(scanned.run_times):
        found += [int(second)] * (rows[place + 1] - rows[place])
    return found


request = st.text(
    alphabet=st.sampled_from(list('GET /a"\\ 503[]x1290 ')) | st.characters(max_codepoint=0x2FF),
    max_size=40,
).map(lambda text: text.replace("\n", " ").replace("\r", " "))
escaped = request.map(lambda text: text.replace("\\", "\\\\").replace('"', '\\"'))
stamp = st.tuples(
    st.integers(1, 30),
    st.sampled_from(["Jan", "Nov", "Dec"]),
    st.integers(1999, 2090),
    st.integers(0, 23),
    st.integers(0, 59),
    st.integers(0, 59),
    st.sampled_from(["+0000", "-0730", "+0545"]),
).map(lambda p: f"[{p[0]:02}/{p[1]}/{p[2]}:{p[3]:02}:{p[4]:02}:{p[5]:02} {p[6]}]")
line = st.builds(
    lambda user, at, text, status, tail: f'10.0.0.1 - {user} {at} "{text}" {status} {tail}',
    st.sampled_from(["-", "bob", "a b", "[x]", "[1/2/3]"]),
    stamp,
    escaped,
    st.integers(100, 599),
    st.sampled_from(
        ['12 "-" "curl"', '12 "http://a/\\" 500 1" "-"', '- "-" "an "odd" 503 agent" rt=1', "12"]
    ),
)


@given(st.lists(line, min_size=1, max_size=8))
@example([f'10.0.0.1 - - {STAMP} "GET /a\\\\" 503 12 "-" "-"'])
@example([f'10.0.0.1 - - {STAMP} "GET /a\\" 503 1" 200 12 "-" "-"'])
@example([f'10.0.0.1 - - {STAMP} " 503 x" 200 12 "-" "-"'])
@example([f'10.0.0.1 - - {STAMP} "" 400 12 "-" "-"'])
@example([f'10.0.0.1 - [a] {STAMP} "GET /" 200'])
@settings(max_examples=150, deadline=None)
def test_well_formed_lines_have_the_same_status_and_time(lines: list[str]) -> None:
    fast, slow, codes = both("\n".join(lines).encode() + b"\n")
    assert marks(fast, codes) == marks(slow, codes)
    assert times(fast) == times(slow)
    assert fast.statuses == slow.statuses
    assert fast.parsed == slow.parsed == len(lines)


ordinary = st.builds(
    lambda client, at, path, status: f'{client} - - {at} "GET {path} HTTP/1.1" {status} 12 "-" "c"',
    st.sampled_from(["10.0.0.1", "203.0.113.255", "2001:db8:0:0:0:0:0:1"]),
    stamp,
    st.sampled_from(["/", "/a" * 20, "/a" * 90, "/a" * 200, '/q=\\" 503 ', '/"" 5', "/\\\\"]),
    st.integers(100, 599),
)


@given(st.lists(ordinary, min_size=20, max_size=40), st.lists(line, max_size=2), st.integers(0, 20))
@settings(max_examples=150, deadline=None)
def test_a_few_odd_lines_among_many_ordinary_ones_are_read_alike(
    many: list[str], few: list[str], place: int
) -> None:
    lines = [*many[:place], *few, *many[place:]]
    fast, slow, codes = both("\n".join(lines).encode() + b"\n")
    assert marks(fast, codes) == marks(slow, codes)
    assert times(fast) == times(slow)
    assert fast.statuses == slow.statuses
    assert fast.parsed == slow.parsed


@given(st.binary(max_size=400) | st.lists(line).map(lambda ls: "\n".join(ls).encode()[7:]))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_lines_and_never_an_error(data: bytes) -> None:
    fast, slow, _ = both(data)
    assert list(fast.starts) == list(slow.starts)
    assert fast.end == slow.end == len(data)
    assert len(fast.codes) == fast.lines


def test_a_line_without_a_stamp_has_the_time_of_the_line_before() -> None:
    good = f'10.0.0.1 - - {STAMP} "GET /" 200 1\n'
    fast, _, codes = both(f'lost\n{good}"GET /" 503 1\nnothing\n{good}'.encode())
    assert times(fast) == [0, *[1795212000] * 4]
    assert marks(fast, codes) == [0, 200, 503, 0, 200]
    assert fast.parsed == 2


def test_seconds_that_all_differ_are_decoded_as_those_that_repeat() -> None:
    lines = [
        f'10.0.0.1 - - [20/Nov/2026:22:{n // 60:02}:{n % 60:02} +0000] "GET /" 200 1\n'
        for n in range(1000)
    ]
    fast, slow, _ = both("".join(lines).encode())
    assert times(fast) == times(slow) == list(range(1795212000, 1795213000))
