"""Every format reads its own samples, is recognised by them, and a wrong one is named."""

import tomllib
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import pytest

from warroom.logs import LogError
from warroom.logs.formats.load import all_formats, named, shipped, shipped_as
from warroom.logs.formats.model import Format, Sample, from_data
from warroom.logs.formats.reader import Reader
from warroom.logs.formats.recognise import recognise
from warroom.logs.linescan import PAD, LineScanner
from warroom.logs.segments import Codes
from warroom.logs.times import Clock

SAMPLES = [(form, sample) for form in shipped() for sample in form.samples]
NAMES = [f"{form.name}-{number}" for number, (form, _) in enumerate(SAMPLES)]
ATTRIBUTES = {"at", "status", "level", "method", "path", "duration", "upstream", "release"}


def reading(form: Format, sample: Sample) -> Reader:
    reader = Reader(form, Clock(reference=1795300000))
    if sample.header:
        reader.parse(sample.header.encode())
    return reader


@pytest.mark.parametrize(("form", "sample"), SAMPLES, ids=NAMES)
def test_a_sample_is_read_as_it_says(form: Format, sample: Sample) -> None:
    parsed = reading(form, sample).parse(sample.line.lstrip("\n").encode())
    found = {}
    for name in sample.expect:
        value = getattr(parsed, name) if name in ATTRIBUTES else parsed.fields.get(name)
        if name == "at" and value is not None:
            value = datetime.fromtimestamp(value, UTC)
        if name == "message":
            value = (value or "").partition("\n")[0]
        found[name] = value
    expect = dict(sample.expect)
    if "at" in expect:
        expect["at"] = datetime.fromisoformat(expect["at"])
        assert abs((found.pop("at") - expect.pop("at")).total_seconds()) < 2e-6
    assert found == expect


@pytest.mark.parametrize(("form", "sample"), SAMPLES, ids=NAMES)
def test_a_format_is_recognised_by_its_sample(form: Format, sample: Sample) -> None:
    lines = sample.line.lstrip("\n").encode().split(b"\n") * 3
    if sample.header:
        lines.insert(0, sample.header.encode())
    assert recognise(lines, Clock()).format.name == form.name


@pytest.mark.parametrize(("form", "sample"), SAMPLES, ids=NAMES)
def test_the_index_keeps_what_the_entry_shows(form: Format, sample: Sample) -> None:
    reader = reading(form, sample)
    parsed = reader.parse(sample.line.lstrip("\n").encode())
    data = sample.line.lstrip("\n").encode() + b"\n"
    codes = Codes()
    scanned = LineScanner(reader, codes).scan(bytearray(data * 2) + bytes(PAD), 2 * len(data))
    assert len(scanned.codes) == 2, "one entry a sample, however many lines"
    assert scanned.parsed == 2
    assert scanned.statuses == ({parsed.status: 2} if parsed.status else {})
    assert scanned.run_times == [int(parsed.at or 0)]


@pytest.mark.parametrize("form", shipped(), ids=lambda form: form.name)
def test_every_format_has_a_sample_and_a_name_of_its_own(form: Format) -> None:
    assert form.samples
    assert shipped_as(form.name) == form, "its file is called as it is"
    assert [each.name for each in shipped()].count(form.name) == 1


def test_a_users_format_replaces_its_namesake_and_comes_in_order(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        'name = "combined"\ntitle = "mine"\norder = 1\npattern = "(?P<message>x.*)"\n'
    )
    found = all_formats(tmp_path)
    assert found[0].title == "mine"
    assert [each.name for each in found].count("combined") == 1
    assert recognise([b"x1", b"x2"], Clock(), found).format.title == "mine"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = ", "not valid TOML"),
        ('title = "x"', "`name` must be a text"),
        ('name = "x"\ntitle = "x"\npattern = "("', "no regular expression"),
        ('name = "x"\ntitle = "x"\nkind = "xml"', "must be one of regex"),
        ('name = "x"\ntitle = "x"\npattern = "x"\ntime = "noon"', "must be one of"),
        ('name = "x"\ntitle = "x"\npattern = "x"\ncolour = 1', "unknown key 'colour'"),
    ],
)
def test_a_format_that_is_wrong_is_named_with_what_would_be_right(tmp_path, text, message) -> None:
    (tmp_path / "bad.toml").write_text(text)
    with pytest.raises(LogError, match=message) as caught:
        all_formats(tmp_path)
    assert "bad.toml" in str(caught.value)


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(LogError, match="combined"):
        named("no such")


def test_the_files_are_all_loaded() -> None:
    texts = [each for each in files("warroom.logs.formats").iterdir() if each.suffix == ".toml"]
    assert len(texts) == len(shipped()) >= 35
    assert all(from_data(tomllib.loads(each.read_text()), each.name) for each in texts)


def test_words_of_an_unknown_format_are_still_found() -> None:
    reader = recognise([b"hello", b"world"], Clock())
    assert reader.format.name == "plain"
    assert reader.parse(b"something ERROR happened").level == "error"
    assert reader.parse(b"no errors here").level is None


def test_columns_named_once_at_the_head_of_a_long_sample_are_found() -> None:
    head = [b"#Software: Internet Information Services", b"#Version: 1.0"]
    names = b"#Fields: date time c-ip cs-method cs-uri-stem sc-status time-taken"
    rows = [b"2026-11-20 10:00:00 10.0.0.1 GET /%d 503 7" % n for n in range(1000)]
    reader = recognise([*head, names, *rows], Clock())
    assert reader.format.kind == "w3c"
    assert reader.parse(rows[0]).status == 503
