"""A folder of real logs agrees with counts that were made independently."""

import json
import os
from pathlib import Path

import pytest

from warroom.logs import open_log, scan

_FOLDER = Path(
    os.environ.get("WARROOM_REAL_LOGS", Path(__file__).parents[3] / "shared" / "real_logs")
)
_EXPECTED = _FOLDER / "expected.json"
_CASES = json.loads(_EXPECTED.read_text()) if _EXPECTED.is_file() else {}

pytestmark = pytest.mark.skipif(
    not _CASES, reason="no folder of real logs; name one in WARROOM_REAL_LOGS"
)


@pytest.mark.parametrize("name", sorted(_CASES))
def test_a_scan_agrees_code_by_code(name: str) -> None:
    report = scan([_FOLDER / name])[0].as_json()
    assert {key: report[key] for key in _CASES[name]} == _CASES[name]


@pytest.mark.parametrize("name", sorted(_CASES))
def test_every_line_is_shown_once_and_counted_as_the_scan_does(name: str) -> None:
    log = open_log(_FOLDER / name, threaded=False)
    log.prepare()
    while log.step():
        pass
    try:
        assert log.progress().complete
        shown = b"\n".join(entry.raw for entry in log.entries(log.first, log.end))
        assert shown == (_FOLDER / name).read_bytes().replace(b"\r\n", b"\n").rstrip(b"\n")
        counts = {str(code): count for code, count in log.status_counts().items()}
        assert counts == _CASES[name].get("status", {})
    finally:
        log.close()
