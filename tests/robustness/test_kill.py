"""The short form of ``kill.py``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal")
def test_killed_runs_damage_nothing() -> None:
    script = Path(__file__).with_name("kill.py")
    done = subprocess.run(
        [sys.executable, str(script), "8", "3"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "amid the writing" in done.stdout
