"""End to end: the command line as a process, the services behind real sockets."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from fakes import FakeServices
from library import names
from objlib.db import dump
from support import command, environment, rows

Run = Callable[..., Any]


def test_scan(objlib: Run, invoke: Run) -> None:
    result = objlib("scan")
    assert (result.returncode, result.stdout) == (0, "7 added, 0 changed, 0 missing, 0 unchanged\n")
    assert invoke("scan").stdout == "0 added, 0 changed, 0 missing, 7 unchanged\n"


def test_scan_without_a_library(invoke: Run, tmp_path: Path) -> None:
    result = invoke("scan", "--root", str(tmp_path / "nowhere"))
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: no library at")
    assert "Traceback" not in result.stderr


def test_batch_extract(objlib: Run, invoke: Run, db: Path, fakes: FakeServices) -> None:
    fakes.job_polls = 3
    result = objlib("metadata", "batch-extract", "--limit", "3")
    assert (result.returncode, result.stdout) == (0, "3 extracted, 0 failed, 1 jobs\n")
    assert rows(db, "SELECT path FROM lecture_metadata") == [(path,) for path in names(3)]
    shown = invoke("metadata", "show", names(1)[0])
    assert shown.stdout.startswith("Today we look at sorting and why it matters\ntopics: ")


def test_batch_extract_dry_run(objlib: Run, db: Path, fakes: FakeServices) -> None:
    result = objlib("metadata", "batch-extract", "--limit", "3", "--dry-run")
    assert result.stdout.splitlines() == [
        *[f"would extract {path}" for path in names(3)],
        "3 lectures, nothing sent",
    ]
    assert fakes.requests == []


def test_batch_extract_through_throttling_and_server_errors(
    objlib: Run, db: Path, fakes: FakeServices
) -> None:
    fakes.fail("/v1/inputs", 429, times=2, retry_after=0.01)
    fakes.fail("/v1/batches$", 500, times=1)
    fakes.fail("/results", 503, times=1)
    assert objlib("metadata", "batch-extract").stdout == "7 extracted, 0 failed, 3 jobs\n"


def test_batch_extract_with_a_job_that_fails(invoke: Run, db: Path, fakes: FakeServices) -> None:
    fakes.end_job("failed", match="Linear Algebra", error="no quota")
    result = invoke("metadata", "batch-extract")
    assert (result.exit_code, result.stdout) == (1, "6 extracted, 1 failed, 3 jobs\n")
    assert "no quota" in result.stderr
    assert invoke("stats").stdout.splitlines()[1] == "6 with metadata, 1 failures"


def test_extract_in_two_waves(objlib: Run, db: Path) -> None:
    assert objlib("metadata", "extract").stdout == "7 extracted with strategy keywords\n"


def test_extract_stops_after_a_bad_first_wave(invoke: Run, db: Path, fakes: FakeServices) -> None:
    fakes.fail("/v1/complete", 500, times=-1, match="Strategy: outline")
    result = invoke("metadata", "extract")
    assert result.exit_code == 1
    assert result.stdout == "stopped after wave 1: 2 lectures failed\n"


def test_show_without_metadata(invoke: Run, db: Path) -> None:
    result = invoke("metadata", "show", names(1)[0])
    assert (result.exit_code, result.stderr) == (1, f"Error: no metadata for {names(1)[0]}\n")


def test_missing_url_is_a_message(invoke: Run, db: Path) -> None:
    result = invoke("upload", OBJLIB_STORE_URL="")
    assert (result.exit_code, result.stderr) == (
        1,
        "Error: no search store: set OBJLIB_STORE_URL\n",
    )


def test_upload_then_search(objlib: Run, invoke: Run, db: Path, fakes: FakeServices) -> None:
    assert objlib("upload", "--limit", "20").stdout == "7 uploaded, 0 failed, 0 retried\n"
    found = objlib("search", "sorting", "--request-id", "abc", "--session", "monday")
    assert found.stdout.splitlines()[0] == "1. Algorithms / Sorting (1.00)"
    asked = next(r for r in fakes.requests if r.path.endswith("/query"))
    assert asked.headers["x-request-id"] == "abc"
    assert invoke("session", "list").stdout == "monday: 1 events\n"
    assert invoke("session", "close", "monday").exit_code == 0
    assert invoke("session", "list").stdout == "monday: 1 events (closed)\n"


def test_search_finds_nothing(invoke: Run, db: Path) -> None:
    assert invoke("search", "botany").stdout == "nothing found\n"


def test_upload_in_bad_weather(objlib: Run, db: Path, fakes: FakeServices) -> None:
    fakes.fail("/files", 429, times=2, match="01 - Sorting")
    fakes.fail("/files", 503, times=4, match="02 - Hashing")
    fakes.fail("/files", 400, times=-1, match="03 - Graphs")
    fakes.fail_indexing("04 - Greedy", "too long")
    result = objlib("upload", "--limit", "20")
    assert (result.returncode, result.stdout) == (1, "5 uploaded, 2 failed, 1 retried\n")
    assert rows(db, "SELECT state, count(*) FROM uploads GROUP BY state ORDER BY state") == [
        ("failed", 2),
        ("ready", 5),
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_the_running_batch_end(
    number: signal.Signals, db: Path, fakes: FakeServices
) -> None:
    fakes.slow("/v1/operations", 0.4)
    process = subprocess.Popen(
        command("upload"),
        env=environment(OBJLIB_DB=db, OBJLIB_STORE_URL=fakes.url, OBJLIB_UPLOAD_BATCH_SIZE="3"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 20
    while not fakes.calls("POST", "/files") and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "3 uploaded, 0 failed, 0 retried\n")
    assert err == "stopped early\n"
    assert rows(db, "SELECT state, count(*) FROM uploads GROUP BY state ORDER BY state") == [
        ("pending", 4),
        ("ready", 3),
    ]


def test_recover_after_a_kill(objlib: Run, db: Path, fakes: FakeServices) -> None:
    fakes.never_index("")
    process = subprocess.Popen(
        command("upload", "--limit", "3"),
        env=environment(OBJLIB_DB=db, OBJLIB_STORE_URL=fakes.url),
    )
    deadline = time.monotonic() + 20
    while not fakes.calls("GET", "/v1/operations") and time.monotonic() < deadline:
        time.sleep(0.005)
    process.kill()
    process.wait(timeout=10)
    fakes.calm_down()
    assert objlib("recover").stdout == "0 reset, 3 ready, 0 failed, 0 unanswered\n"
    assert rows(db, "SELECT count(*) FROM uploads WHERE state = 'ready'") == [(3,)]


def test_browse(invoke: Run, db: Path) -> None:
    lines = invoke("browse", "--filter", "linear").stdout.splitlines()
    assert lines[-2:] == ["filter: linear", "> Linear Algebra 01 Vectors"]


def test_two_runs_leave_the_same_rows(invoke: Run, tmp_path: Path, scanned: Path) -> None:
    """Another port, another place, another order of events: the same dump."""

    def run(delayed: str) -> str:
        db = tmp_path / f"{delayed}.sqlite3"
        shutil.copy(scanned, db)
        with FakeServices() as fakes:
            fakes.slow("/v1/inputs|/v1/complete|/files", 0.05, match=f"Algorithms/{delayed}")
            fakes.fail("/v1/complete", 429, times=2, match="06 - Complexity")
            fakes.fail("/files", 503, times=5, match="02 - Hashing")
            fakes.fail_indexing("03 - Graphs", "too long")
            settings = {
                "OBJLIB_DB": db,
                "OBJLIB_BATCH_URL": fakes.url,
                "OBJLIB_STORE_URL": fakes.url,
            }
            invoke("metadata", "batch-extract", "--limit", "2", **settings)
            invoke("metadata", "extract", **settings)
            invoke("upload", **settings)
        return "\n".join(dump(db))

    first, second = run("01"), run("06")
    assert first == second
    assert first.count('INTO "lecture_metadata"') == 7
    assert first.count("'indexing','ready'") == 6


def test_dump(objlib: Run, db: Path) -> None:
    assert objlib("dump").stdout == "".join(f"{line}\n" for line in dump(db))


def test_fakes_run_as_a_script(tmp_path: Path) -> None:
    script = Path(__file__).with_name("fakes.py")
    faults = '[{"path": "/v1/queue", "status": 429, "times": 1}]'
    process = subprocess.Popen(
        [sys.executable, str(script), "--library", str(tmp_path / "l"), "--faults", faults],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert [httpx.get(f"{url}/v1/queue").status_code for _ in range(2)] == [429, 200]
        httpx.post(f"{url}/_admin/faults", json=[{"path": "/v1/queue", "status": 500}])
        assert httpx.get(f"{url}/v1/queue").status_code == 500
        assert httpx.get(f"{url}/_admin/requests").json()[-1] == ["GET", "/v1/queue", 500]
        assert len(list((tmp_path / "l").rglob("*.txt"))) == 24
    finally:
        process.terminate()
        assert process.wait(timeout=10) == 0
