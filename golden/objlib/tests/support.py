"""What the tests share: settings that do not wait, and a way to run the command line."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

from objlib.config import BatchSettings, ExtractionSettings, UploadSettings
from objlib.db import connect

BATCH = BatchSettings(
    batch_size=3,
    submits_per_minute=6000,
    poll_interval=0.005,
    poll_cap=0.02,
    queue_poll_interval=0.005,
    timeout=5.0,
    max_retries=3,
    retry_base=0.002,
)
EXTRACTION = ExtractionSettings(requests_per_minute=6000, backoff=0.002)
UPLOAD = UploadSettings(
    stagger=0.001,
    cooldown=0.005,
    operation_timeout=5.0,
    operation_poll=0.002,
    operation_poll_cap=0.01,
    rate_limit_base=0.002,
    rate_limit_cap=0.01,
    requests_per_second=2000,
    retry_initial=0.002,
    occ_backoff=0.001,
    recovery_timeout=5.0,
    recovery_call_timeout=2.0,
)


def environment(**settings: Any) -> dict[str, str]:
    """The environment of a command: ours, our fast settings, and ``settings`` on top."""
    env = dict(os.environ)
    # A relative search path would not survive a change of directory.
    env["PYTHONPATH"] = os.pathsep.join(
        os.path.abspath(entry) for entry in env.get("PYTHONPATH", "").split(os.pathsep) if entry
    )
    for prefix, section in (("BATCH", BATCH), ("EXTRACTION", EXTRACTION), ("UPLOAD", UPLOAD)):
        for name, value in vars(section).items():
            env[f"OBJLIB_{prefix}_{name.upper()}"] = str(value)
    env.update({name: str(value) for name, value in settings.items()})
    return env


def command(*args: str) -> list[str]:
    return [sys.executable, "-m", "objlib", *args]


def run_objlib(*args: str, **settings: Any) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        command(*args),
        check=False,
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=60,
    )


def rows(db: Path, sql: str, *params: Any) -> list[tuple[Any, ...]]:
    """Query a database from outside."""
    with connect(db) as conn:
        conn.row_factory = None
        return conn.execute(sql, params).fetchall()


def execute(db: Path, sql: str, *params: Any) -> sqlite3.Cursor:
    """Change a database from outside."""
    with connect(db) as conn:
        return conn.execute(sql, params)
