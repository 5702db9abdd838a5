"""The short ways to what the index keeps say the same as the long ones, on any line."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warroom.logs import times
from warroom.logs.formats import documents
from warroom.logs.formats.load import shipped, shipped_as
from warroom.logs.formats.model import Format
from warroom.logs.formats.reader import Reader
from warroom.logs.times import Clock

FORMS = [form for form in shipped() if form.kind == "json"]


def keys_of(form: Format) -> list[str]:
    """Every name that counts in a format, and the parts of it."""
    kept = ["at", "status", "level", form.inner or "level"]
    names = {key for name in kept for key in form.fields.get(name, ())} | set(kept)
    dotted = [key for one in form.require for key in one.split("|") if "." in key]
    names |= set(dotted[:3])
    parts = {".".join(name.split(".")[a:b]) for name in names for a in range(5) for b in range(6)}
    return sorted({*names, *parts, "other"} - {""})


def texts() -> st.SearchStrategy[object]:
    return st.one_of(
        st.sampled_from(["info", "ERROR", "503", "200", "2026-11-20T22:00:01.25Z", "", "30", "-"]),
        st.integers(-5, 2_000_000_000_000),
        st.floats(),
        st.booleans(),
        st.none(),
        st.text(max_size=8),
        st.sampled_from([502, 30, 17, 1_795_212_000.123, "\ud800"]),
    )


def values(keys: list[str]) -> st.SearchStrategy[object]:
    name = st.sampled_from(keys)
    return st.recursive(
        texts(),
        lambda inner: st.one_of(
            st.dictionaries(name, inner, max_size=4),
            st.lists(st.fixed_dictionaries({"key": name, "value": inner}), max_size=3),
            st.fixed_dictionaries({"stringValue": inner}),
            st.lists(st.integers(0, 255), max_size=4),
            st.lists(inner, max_size=3),
        ),
        max_leaves=8,
    )


@pytest.mark.parametrize("quick", [False, True], ids=["read", "quick"])
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_what_is_found_is_what_all_fields_would_say(form: Format, quick: bool) -> None:
    keys = keys_of(form)
    inner = Reader(shipped_as("combined"), Clock()) if form.inner else None
    short, long = Reader(form, Clock(), inner), Reader(form, Clock(), inner)
    long._finder = None
    if quick:
        short.hasten()
    required = [one.split("|")[0] for one in form.require]
    wanted = st.fixed_dictionaries({}, optional=dict.fromkeys(required, texts()))

    @settings(max_examples=60)
    @given(wanted, st.dictionaries(st.sampled_from(keys), values(keys), max_size=6))
    def same(some: dict[str, object], more: dict[str, object]) -> None:
        raw = json.dumps({**some, **more}).encode()
        assert short.glance(raw) == long.glance(raw)

    same()


@given(st.binary(max_size=60))
def test_any_bytes_are_the_same_document(raw: bytes) -> None:
    quick = documents.quick_read()
    for line in (raw, b"{" + raw, b'{"a":' + raw + b"}", b'{"a":"' + raw + b'"}'):
        assert repr(quick(line)) == repr(documents.read(line))


@given(st.from_regex(rb'\s*\{("[a-b\\u08dDf]*":(-?[0-9.eE+]+|NaN|"x"|\[\]|null),?){0,3}\}'))
def test_almost_json_is_the_same_document(raw: bytes) -> None:
    assert repr(documents.quick_read()(raw)) == repr(documents.read(raw))


@given(
    st.from_regex(
        rb"\A20[0-9]{2}[-/][01][0-9][-/][0-3][0-9][T ][0-9]{2}:[0-5][0-9]:[0-6][0-9]"
        rb"([.,][0-9]{0,12}){0,2} ?(Z|UTC|[+-][0-9]{2}:?[0-9]{2}|[.]5|x)?\Z"
    ),
    st.sampled_from(["iso", "auto"]),
)
def test_a_stamp_is_read_the_same_whatever_was_read_before(raw: bytes, kind: str) -> None:
    clock = Clock(skew=0.25)
    decode = clock.decoder(kind)
    for stamp in (raw, raw[:19] + b"Z", raw[:20] + b"7" + raw[20:], raw):
        assert decode(stamp) == times._DIALECTS[kind](clock, stamp)


ECS = {"@timestamp": "2026-11-20T22:00:01Z", "ecs.version": "8.11"}
OTEL = {"timeUnixNano": "1795212001000000000", "severityNumber": 9, "body": {"stringValue": "x"}}
CODE = "http.response.status_code"


@pytest.mark.parametrize(
    ("name", "document", "status"),
    [
        ("ecs", {**ECS, CODE: 200, "http": {"response": {"status_code": 503}}}, 503),
        ("ecs", {**ECS, "http": {"response": {"status_code": 503}}, CODE: 200}, 200),
        ("ecs", {**ECS, "http.response": {"status_code": 502}}, 502),
        ("ecs", {**ECS, "http": {"response": None}, "http.response": {}}, 0),
        (
            "opentelemetry",
            {**OTEL, "attributes": [{"key": CODE, "value": {"intValue": "503"}}]},
            503,
        ),
        (
            "opentelemetry",
            {**OTEL, "attributes": [{"key": CODE, "value": v} for v in ("200", "404")]},
            404,
        ),
        ("opentelemetry", {**OTEL, "attributes": {CODE: 500}}, 500),
    ],
)
def test_a_name_with_dots_is_found_wherever_it_may_stand(
    name: str, document: dict[str, object], status: int
) -> None:
    reader = Reader(shipped_as(name), Clock())
    reader.hasten()
    raw = json.dumps(document).encode()
    seen = reader.glance(raw)
    assert seen is not None
    assert seen.status == status
    assert reader.parse(raw).status == (status or None)


@settings(max_examples=300)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                [b"level=error", b"lvl=info", b"status=503", b'msg="a \\"b\\" c"', b"loose", b"t=7",
                 b"time=2026-11-20T22:00:01.5Z", b"code=", b'"quoted words"', b"msg=\xff", b"x"]
            ),
            st.binary(max_size=8),
        ),
        max_size=7,
    )
)  # fmt: skip
def test_pairs_are_found_as_all_fields_would_say(words: list[bytes]) -> None:
    short, long = (Reader(shipped_as("logfmt"), Clock()) for _ in range(2))
    long._finder = None
    assert short._finder is not None
    raw = b" ".join(words)
    assert short.glance(raw) == long.glance(raw)
