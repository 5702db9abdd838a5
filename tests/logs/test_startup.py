"""What the first frame needs is there before anything slow is loaded."""

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import sys
from warroom.logs import Reading, open_log
log = open_log(sys.argv[1], reading=Reading(delay=60.0))
shown = log.entries(log.end - 50, log.end)
log.next_failed(log.end, backwards=True)
log.status_counts(), log.progress(), log.row_at(0.0)
log.close()
slow = {"numpy", "httpx", "subprocess", "gzip", "bz2", "lzma", "tempfile", "sqlmodel", "textual"}
print(len(shown), *sorted(slow & set(sys.modules)))
"""


def test_a_tail_is_shown_without_numpy_or_anything_else_that_is_slow(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_text(
        '10.0.0.1 - - [20/Nov/2026:22:00:00 +0000] "GET / HTTP/1.1" 503 1 "-" "-"\n' * 5000
    )
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["50"]
