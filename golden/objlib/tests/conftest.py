"""Fixtures: a library on disk, its database, the remote services."""

from __future__ import annotations

import atexit
import os
import tempfile

# Nothing here speaks TLS, but every HTTP client would load all certificates of the system first,
# which takes longer than most tests.
os.environ.pop("SSL_CERT_FILE", None)
os.environ["SSL_CERT_DIR"] = tempfile.mkdtemp(prefix="objlib-no-certificates-")
atexit.register(os.rmdir, os.environ["SSL_CERT_DIR"])

# Read when the search client is imported, so it has to be there before anything of objlib is.
os.environ["OBJLIB_SEARCH_RETRY_INITIAL"] = "0.002"
os.environ["OBJLIB_SEARCH_RETRY_MAX"] = "0.01"

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
import pytest_asyncio
from click.testing import CliRunner

from fakes import FakeServices
from library import write_library
from objlib.cli import main
from objlib.db import init_db, open_async
from objlib.sync.orchestrator import SyncOrchestrator
from support import environment, run_objlib


@pytest.fixture
def fakes() -> Iterator[FakeServices]:
    with FakeServices() as services:
        yield services


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Seven lectures: a course of six, and the first of another."""
    root = tmp_path / "library"
    write_library(root, 7)
    return root


@pytest.fixture
def empty_db(tmp_path: Path) -> Path:
    path = tmp_path / "objlib.sqlite3"
    init_db(path)
    return path


@pytest.fixture(scope="session")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that has seen the library; not to be written to."""
    root = tmp_path_factory.mktemp("scanned")
    path = root / "objlib.sqlite3"
    write_library(root / "library", 7)
    init_db(path)

    async def scan() -> None:
        async with open_async(path) as conn:
            await SyncOrchestrator(conn, root / "library").run()

    asyncio.run(scan())
    return path


@pytest.fixture
def db(scanned: Path, tmp_path: Path) -> Path:
    """A database that has seen the library, for this test alone."""
    return Path(shutil.copy(scanned, tmp_path))


@pytest_asyncio.fixture
async def conn(db: Path) -> AsyncIterator[aiosqlite.Connection]:
    async with open_async(db) as connection:
        yield connection


@pytest.fixture
def settings(tmp_path: Path, library: Path, fakes: FakeServices) -> dict[str, str]:
    """The environment of a command that works on ``tmp_path`` and talks to the fakes."""
    return {
        "OBJLIB_DB": str(tmp_path / "objlib.sqlite3"),
        "OBJLIB_LIBRARY": str(library),
        "OBJLIB_BATCH_URL": fakes.url,
        "OBJLIB_STORE_URL": fakes.url,
    }


@pytest.fixture
def objlib(settings: dict[str, str]) -> Callable[..., Any]:
    """Run a command as a process."""
    return lambda *args: run_objlib(*args, **settings)


@pytest.fixture
def invoke(settings: dict[str, str]) -> Callable[..., Any]:
    """Run a command without a process, for those that only print."""
    return lambda *args, **more: CliRunner().invoke(
        main, args, env=environment(**{**settings, **more})
    )
