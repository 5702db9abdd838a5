"""A search finds exactly the entries that match, whichever way it looks for them."""

import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warroom.logs import LogError, Query, open_log
from warroom.logs.patterns import matcher, stays_within_lines
from warroom.logs.search import count

TEXTS = [
    "GET /api/cart",
    "POST /API/cart failed",
    "a.b",
    "",
    "x" * 300,
    "tab\tand [bracket]",
    "é ü",
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "app.log"
    path.write_text("".join(f"{n} {TEXTS[n % len(TEXTS)]}\n" for n in range(5000)))
    return path


def rows(
    path: Path, query: Query, *, start: int | None = None, backwards: bool = False
) -> list[int]:
    log = open_log(path, threaded=False)
    log.prepare()
    while log.step():
        pass
    begin = (log.end if backwards else log.first) if start is None else start
    found = [row for batch in log.search(query, start=begin, backwards=backwards) for row in batch]
    log.close()
    return found


@pytest.mark.parametrize(
    "expression",
    ["cart", "CART", "API", r"/api/\w+", "a.b", r"a\.b", "[^x]b", r"\s\[", "^7 ", "d$", "é"],
)
def test_the_rows_are_those_python_finds(path: Path, expression: str) -> None:
    fold = re.IGNORECASE if expression == expression.lower() else re.NOFLAG
    pattern = re.compile(expression.encode(), fold)
    lines = path.read_bytes().splitlines()
    expected = [n - 5000 for n, line in enumerate(lines) if pattern.search(line)]
    assert rows(path, Query(include=[expression])) == expected
    assert rows(path, Query(include=[expression]), backwards=True) == expected[::-1]
    assert count(str(path), Query(include=[expression])) == len(expected)


def test_ripgrep_and_python_count_alike(path: Path, monkeypatch) -> None:
    for expression in ["cart", "API", r"id=\d+", "a.b", "nothing like it"]:
        asked = Query(include=[expression])
        found = count(str(path), asked)
        with monkeypatch.context() as patch:
            patch.setattr(shutil, "which", lambda _: None)
            assert count(str(path), asked) == found


def test_every_word_must_match_and_no_excluded_one_may(path: Path) -> None:
    both = rows(path, Query(include=["cart", "failed"]))
    assert both == rows(path, Query(include=["failed"]))
    without = rows(path, Query(include=["cart"], exclude=["failed"]))
    assert sorted(both + without) == rows(path, Query(include=["cart"]))


def test_a_search_from_a_row_finds_the_nearest_first(path: Path) -> None:
    asked = Query(include=["cart"])
    assert rows(path, asked, start=-2500)[0] == min(
        row for row in rows(path, asked) if row >= -2500
    )
    assert rows(path, asked, start=-2500, backwards=True)[0] == max(
        row for row in rows(path, asked) if row < -2500
    )


def test_a_status_range_is_a_search_without_reading(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    stamp = "[20/Nov/2026:22:00:00 +0000]"
    path.write_text(
        "".join(
            f'1.1.1.1 - - {stamp} "GET /{n}" {500 if n % 100 == 0 else 200} 1\n'
            for n in range(1000)
        )
    )
    assert rows(path, Query(status=(500, 599))) == list(range(-1000, 0, 100))
    assert rows(path, Query(status=(500, 599), include=["/300"])) == [-700]


def test_a_wrong_expression_is_named(path: Path) -> None:
    with pytest.raises(LogError, match="no regular expression"):
        rows(path, Query(include=["("]))


@given(
    st.text(alphabet="ab.*+?[]()|\\d{2} ", min_size=1, max_size=8),
    st.lists(st.text(alphabet="ab1 .", max_size=6), max_size=8),
)
@settings(max_examples=300, deadline=None)
def test_looking_through_many_lines_at_once_is_looking_at_each(expression, texts) -> None:
    if not stays_within_lines(expression):
        return
    try:
        found = matcher(Query(include=[expression]))
    except LogError:
        return
    lines = [text.encode() for text in texts]
    data = b"".join(line + b"\n" for line in lines)
    assert found.lines is not None
    starts = {start for start, stop in found.lines(data) if found.entry(data[start:stop])}
    place, expected = 0, set()
    for line in lines:
        if found.entry(line):
            expected.add(place)
        place += len(line) + 1
    assert starts - {len(data)} == expected


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("caf[éè]$", ["café", "cafè"]),  # two letters, not four bytes
        (r"caf[\[-é]$", ["café", "cafè", "caf]"]),  # in bytes it would be a range backwards
        ("^.é?$", ["xé", "É", "ü", "Ü"]),
        ("É", ["É"]),
        ("ü", ["ü", "Ü"]),  # lower case alone: both
    ],
)
def test_a_letter_of_several_bytes_is_one(expression: str, found: list[str]) -> None:
    words = ["café", "cafè", "caf]", "xé", "É", "ü", "Ü", "x!"]
    matches = matcher(Query(include=[expression])).entry
    assert [word for word in words if matches(word.encode())] == found
    assert not matches(b"ca\xc3")  # half a letter
