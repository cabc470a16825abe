"""The command line."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from objlib.config import Settings
from objlib.context import request_id
from objlib.db import dump, init_db, open_async
from objlib.errors import ObjlibError

if TYPE_CHECKING:
    from objlib.upload.client import StoreClient

_T = TypeVar("_T")

EXIT_FAILURES = 1
EXIT_INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--db", type=click.Path(path_type=Path), help="The database (OBJLIB_DB).")
@click.option("-v", "--verbose", count=True, help="Log more; twice for everything.")
@click.pass_context
def main(ctx: click.Context, db: Path | None, verbose: int) -> None:
    """A library of lecture transcripts."""
    level = {0: logging.ERROR, 1: logging.INFO}.get(verbose, logging.DEBUG)
    logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s")
    try:
        settings = Settings.from_env()
    except ObjlibError as exc:
        raise click.ClickException(str(exc)) from exc
    if db is not None:
        settings = dataclasses.replace(settings, db_path=db)
    init_db(settings.db_path)
    ctx.obj = settings


def _run(work: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
    """Run a command's coroutine; our own errors are messages, not tracebacks."""
    try:
        return asyncio.run(work())
    except ObjlibError as exc:
        raise click.ClickException(str(exc)) from exc


@main.command()
@click.option("--root", type=click.Path(path_type=Path), help="The library (OBJLIB_LIBRARY).")
@click.pass_obj
def scan(settings: Settings, root: Path | None) -> None:
    """Bring the database in step with the files on disk."""
    from objlib.sync.orchestrator import SyncOrchestrator, SyncReport

    async def work() -> SyncReport:
        async with open_async(settings.db_path) as conn:
            return await SyncOrchestrator(conn, root or settings.library_root).run()

    report = _run(work)
    click.echo(
        f"{len(report.added)} added, {len(report.changed)} changed,"
        f" {len(report.missing)} missing, {report.unchanged} unchanged"
    )


@main.group()
def metadata() -> None:
    """Extract and show metadata."""


@metadata.command("batch-extract")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many lectures.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.pass_obj
def batch_extract(settings: Settings, limit: int | None, dry_run: bool) -> None:
    """Extract metadata through the batch API."""
    from objlib.extraction.batch_client import BatchClient
    from objlib.extraction.batch_orchestrator import BatchOrchestrator, BatchReport

    async def work() -> BatchReport:
        client = BatchClient(
            settings.require_batch_url(),
            api_key=settings.api_key,
            http_timeout=settings.http_timeout,
            max_retries=settings.batch.max_retries,
            retry_base=settings.batch.retry_base,
            poll_interval=settings.batch.poll_interval,
            poll_cap=settings.batch.poll_cap,
        )
        async with client, open_async(settings.db_path) as conn:
            orchestrator = BatchOrchestrator(conn, client, settings.batch)
            return await orchestrator.run(limit=limit, dry_run=dry_run)

    report = _run(work)
    if dry_run:
        for path in report.planned:
            click.echo(f"would extract {path}")
        click.echo(f"{len(report.planned)} lectures, nothing sent")
        return
    _echo_errors(report.errors)
    click.echo(f"{report.succeeded} extracted, {report.failed} failed, {report.jobs} jobs")
    if not report.ok:
        sys.exit(EXIT_FAILURES)


@metadata.command()
@click.option("--limit", type=click.IntRange(min=1), help="At most so many lectures.")
@click.pass_obj
def extract(settings: Settings, limit: int | None) -> None:
    """Extract metadata one lecture at a time, in two waves."""
    from objlib.extraction.completion_client import CompletionClient
    from objlib.extraction.orchestrator import ExtractionOrchestrator, ExtractionReport

    async def work() -> ExtractionReport:
        client = CompletionClient(
            settings.require_batch_url(),
            api_key=settings.api_key,
            http_timeout=settings.http_timeout,
        )
        async with client, open_async(settings.db_path) as conn:
            orchestrator = ExtractionOrchestrator(conn, client, settings.extraction)
            return await orchestrator.run(limit=limit)

    report = _run(work)
    _echo_errors(report.errors)
    if report.aborted:
        click.echo(f"stopped after wave 1: {len(report.errors)} lectures failed")
        sys.exit(EXIT_FAILURES)
    click.echo(f"{report.saved} extracted with strategy {report.strategy or '-'}")
    if report.errors:
        sys.exit(EXIT_FAILURES)


@metadata.command()
@click.argument("path")
@click.pass_obj
def show(settings: Settings, path: str) -> None:
    """Show what is known about a lecture."""
    from objlib.services.library import LibraryService

    found = _run(lambda: LibraryService(settings.db_path).metadata(path))
    if found is None:
        raise click.ClickException(f"no metadata for {path}")
    click.echo(found.summary)
    click.echo(f"topics: {', '.join(found.topics)}")
    click.echo(f"difficulty: {found.difficulty} (confidence {found.confidence:.2f})")


@main.command()
@click.option("--limit", type=click.IntRange(min=1), help="At most so many files.")
@click.pass_obj
def upload(settings: Settings, limit: int | None) -> None:
    """Upload pending files to the search store."""
    from objlib.upload.orchestrator import UploadOrchestrator, UploadReport

    async def work() -> UploadReport:
        async with _store_client(settings) as client, open_async(settings.db_path) as conn:
            return await UploadOrchestrator(conn, client, settings.upload).run(limit=limit)

    report = _run(work)
    _echo_errors(report.failed)
    click.echo(
        f"{len(report.ready)} uploaded, {len(report.failed)} failed, {len(report.retried)} retried"
    )
    if report.interrupted:
        click.echo("stopped early", err=True)
        sys.exit(EXIT_INTERRUPTED)
    if report.failed:
        sys.exit(EXIT_FAILURES)


@main.command()
@click.pass_obj
def recover(settings: Settings) -> None:
    """Sort out what a crashed upload left behind."""
    from objlib.upload.recovery import RecoveryManager, RecoveryReport
    from objlib.upload.state import AsyncUploadStateManager

    async def work() -> RecoveryReport:
        async with _store_client(settings) as client, open_async(settings.db_path) as conn:
            state = AsyncUploadStateManager(conn, occ_backoff=settings.upload.occ_backoff)
            return await RecoveryManager(state, client, settings.upload).run()

    report = _run(work)
    click.echo(
        f"{len(report.reset)} reset, {len(report.ready)} ready, {len(report.failed)} failed,"
        f" {len(report.unanswered)} unanswered"
    )


@main.command()
@click.argument("query")
@click.option("--top", default=5, show_default=True, type=click.IntRange(min=1))
@click.option("--course", help="Only in this course.")
@click.option("--expand", is_flag=True, help="Also look for synonyms.")
@click.option("--session", "session_name", help="Note the search in this session.")
@click.option("--request-id", "rid", default="cli", show_default=True, help="Id for the logs.")
@click.pass_obj
def search(
    settings: Settings,
    query: str,
    top: int,
    course: str | None,
    expand: bool,
    session_name: str | None,
    rid: str,
) -> None:
    """Search the transcripts."""
    from objlib.search.client import SearchClient
    from objlib.services.search import SearchAnswer, SearchService
    from objlib.services.session import SessionService

    async def work() -> SearchAnswer:
        client = SearchClient(
            settings.require_store_url(),
            settings.store_name,
            api_key=settings.api_key,
            http_timeout=settings.http_timeout,
        )
        service = SearchService(settings.db_path, client)
        answer = await service.search(query, top_k=top, course=course, expand=expand)
        if session_name is not None:
            sessions = SessionService(settings.db_path)
            if session_name not in {known.name for known in await sessions.sessions()}:
                await sessions.create(session_name)
            await sessions.add_event(
                session_name, "search", query=answer.query, hits=[h.path for h in answer.hits]
            )
        return answer

    with request_id(rid):
        answer = _run(work)
    for number, hit in enumerate(answer.hits, start=1):
        click.echo(f"{number}. {hit.course} / {hit.title} ({hit.score:.2f})")
        click.echo(f"   {hit.passage}")
    if not answer.hits:
        click.echo("nothing found")
        if answer.suggestions:
            click.echo(f"did you mean: {', '.join(answer.suggestions)}?")


@main.command()
@click.pass_obj
def stats(settings: Settings) -> None:
    """Show the library in numbers."""
    from objlib.services.library import CourseSummary, LibraryService, LibraryStats

    library = LibraryService(settings.db_path)

    async def work() -> tuple[LibraryStats, list[CourseSummary]]:
        return await library.stats(), await library.courses()

    numbers, courses = _run(work)
    click.echo(f"{numbers.files} files ({numbers.missing} missing), {numbers.words} words")
    click.echo(f"{numbers.with_metadata} with metadata, {numbers.failures} failures")
    click.echo(f"{numbers.uploaded} uploaded")
    for course in courses:
        click.echo(f"  {course.name}: {course.lectures} lectures, {course.words} words")


@main.command()
@click.option("--filter", "text", default="", help="Only what contains this.")
@click.option("--keys", default="", help="Keys to press: j down, k up.")
@click.pass_obj
def browse(settings: Settings, text: str, keys: str) -> None:
    """Browse the lectures."""
    from objlib.services.library import LibraryService
    from objlib.tui.app import BrowserApp

    app = BrowserApp(LibraryService(settings.db_path), click.echo)
    _run(lambda: app.run(text=text, keys=keys))


@main.group()
def session() -> None:
    """Look at search sessions."""


@session.command("list")
@click.pass_obj
def list_sessions(settings: Settings) -> None:
    """List the sessions."""
    from objlib.services.session import SessionService

    for item in _run(lambda: SessionService(settings.db_path).sessions()):
        click.echo(f"{item.name}: {item.events} events{' (closed)' if item.closed else ''}")


@session.command("close")
@click.argument("name")
@click.pass_obj
def close_session(settings: Settings, name: str) -> None:
    """Close a session."""
    from objlib.services.session import SessionService

    _run(lambda: SessionService(settings.db_path).close(name))


@main.command("dump")
@click.pass_obj
def dump_db(settings: Settings) -> None:
    """Print the database as SQL, rows in key order."""
    for line in dump(settings.db_path):
        click.echo(line)


def _store_client(settings: Settings) -> StoreClient:
    from objlib.upload.client import StoreClient

    return StoreClient(
        settings.require_store_url(),
        settings.store_name,
        api_key=settings.api_key,
        http_timeout=settings.http_timeout,
        retry_attempts=settings.upload.retry_attempts,
        retry_initial=settings.upload.retry_initial,
        operation_poll=settings.upload.operation_poll,
        operation_poll_cap=settings.upload.operation_poll_cap,
    )


def _echo_errors(errors: dict[str, str]) -> None:
    for path, message in sorted(errors.items()):
        click.echo(f"{path}: {message}", err=True)
