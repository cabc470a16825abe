"""Services, the search client and the text interface."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from fakes import FakeServices
from library import names
from objlib.context import request_id
from objlib.errors import (
    RateLimitedError,
    RemoteError,
    SessionExistsError,
    SessionNotFoundError,
)
from objlib.models import LectureFile
from objlib.search.client import SearchClient, StoreUnavailableError
from objlib.search.expand import expand_query
from objlib.services.library import CourseSummary, LibraryService
from objlib.services.search import SearchService
from objlib.services.session import SessionEvent, SessionService
from objlib.tui.app import BrowserApp, render
from objlib.tui.state import BrowserModel, BrowserState
from support import execute


@pytest.fixture
def filled(db: Path, fakes: FakeServices) -> Path:
    """A database with metadata for two lectures, and a store that holds them."""
    for path, topics in zip(names(2), (["sorting", "recursion"], ["recursion"]), strict=True):
        execute(
            db,
            "INSERT INTO lecture_metadata VALUES (?, '', 'Sum.', ?, 'advanced', 0.5, 's', 'batch')",
            path,
            json.dumps(topics),
        )
        fakes.store_document(
            {
                "path": path,
                "title": path.partition(" - ")[2].removesuffix(".txt"),
                "course": "Algorithms",
                "text": f"Of recursion and {path}.",
            }
        )
    return db


@pytest.fixture
def search(filled: Path, fakes: FakeServices) -> SearchService:
    return SearchService(filled, SearchClient(fakes.url, "lectures"))


# The library.


@pytest.mark.asyncio
async def test_courses(filled: Path) -> None:
    first, second = await LibraryService(filled).courses()
    assert (first.name, first.lectures, first.with_metadata) == ("Algorithms", 6, 2)
    assert second == CourseSummary("Linear Algebra", 1, second.words, 0)


@pytest.mark.asyncio
async def test_lectures_of_a_course(filled: Path) -> None:
    library = LibraryService(filled)
    assert [lecture.path for lecture in await library.lectures()] == names(7)
    assert len(await library.lectures("Linear Algebra")) == 1
    assert await library.lectures("Botany") == []


@pytest.mark.asyncio
async def test_one_lecture(filled: Path) -> None:
    library = LibraryService(filled)
    lecture = await library.lecture(names(1)[0])
    assert lecture is not None
    assert lecture.title == "Sorting"
    assert await library.lecture("nowhere") is None
    assert (await library.transcript(names(1)[0]) or "").startswith("Today we look at sorting")
    assert await library.transcript("nowhere") is None


@pytest.mark.asyncio
async def test_metadata_topics_failures(filled: Path) -> None:
    library = LibraryService(filled)
    found = await library.metadata(names(1)[0])
    assert found is not None
    assert found.topics == ("sorting", "recursion")
    assert await library.metadata(names(7)[6]) is None
    assert await library.topics(top=1) == [("recursion", 2)]
    execute(filled, "INSERT INTO extraction_failures VALUES (?, 'batch', 'why')", names(1)[0])
    assert await library.failures() == {names(1)[0]: "why"}


@pytest.mark.asyncio
async def test_many_queries_side_by_side(filled: Path) -> None:
    library = LibraryService(filled)
    results = await asyncio.gather(*[library.stats() for _ in range(20)])
    assert {(stats.files, stats.with_metadata, stats.uploaded) for stats in results} == {(7, 2, 0)}


# Searching.


@pytest.mark.asyncio
async def test_hits_are_described(search: SearchService) -> None:
    answer = await search.search("recursion sorting")
    assert [hit.path for hit in answer.hits] == names(2)
    assert (answer.hits[0].title, answer.hits[0].course) == ("Sorting", "Algorithms")
    assert answer.hits[0].topics == ("sorting", "recursion")
    assert answer.hits[0].score > answer.hits[1].score


@pytest.mark.asyncio
async def test_top_k_and_course_reach_the_store(search: SearchService, fakes: FakeServices) -> None:
    assert len((await search.search("recursion", top_k=1)).hits) == 1
    assert (await search.search("recursion", course="Botany")).hits == ()
    assert [r.body["top_k"] for r in fakes.requests] == [1, 5]


@pytest.mark.asyncio
async def test_expansion_is_asked_for(search: SearchService) -> None:
    assert (await search.search("speed")).query == "speed"
    assert (await search.search("speed", expand=True)).query == "speed velocity"


def test_expansion_is_bounded() -> None:
    assert expand_query("ai and maths", limit=4) == "ai and maths inference"
    assert expand_query("plain words") == "plain words"


@pytest.mark.asyncio
async def test_lectures_that_are_gone_are_not_shown(search: SearchService, filled: Path) -> None:
    execute(filled, "UPDATE files SET missing = 1 WHERE path = ?", names(1)[0])
    assert [hit.path for hit in (await search.search("recursion")).hits] == [names(2)[1]]


@pytest.mark.asyncio
async def test_nothing_found_suggests_topics(search: SearchService) -> None:
    answer = await search.search("recursive")
    assert (answer.hits, answer.suggestions) == ((), ("recursion",))


@pytest.mark.asyncio
async def test_each_search_keeps_its_request_id_in_its_thread(
    search: SearchService, fakes: FakeServices, caplog: pytest.LogCaptureFixture
) -> None:
    async def one(number: int) -> None:
        with request_id(f"r{number}"):
            await search.search(f"recursion q{number}")

    with caplog.at_level("INFO", logger="objlib.services.search"):
        await asyncio.gather(*[one(number) for number in range(8)])
    assert {(r.body["query"], r.headers["x-request-id"]) for r in fakes.requests} == {
        (f"recursion q{number}", f"r{number}") for number in range(8)
    }
    assert {record.getMessage().split()[0] for record in caplog.records} == {
        f"[r{number}]" for number in range(8)
    }


@pytest.mark.asyncio
async def test_a_query_survives_some_trouble(
    search: SearchService, fakes: FakeServices, caplog: pytest.LogCaptureFixture
) -> None:
    fakes.fail("/query", 503, times=2)
    fakes.fail("/query", 429)
    with caplog.at_level("WARNING", logger="objlib.search.client"):
        assert (await search.search("recursion")).hits
    assert fakes.calls("POST", "/query") == 4
    assert len([r for r in caplog.records if r.name == "objlib.search.client"]) == 3


@pytest.mark.asyncio
async def test_a_query_gives_up_with_the_last_error(
    search: SearchService, fakes: FakeServices
) -> None:
    fakes.fail("/query", 503, times=-1)
    with pytest.raises(StoreUnavailableError, match="503"):
        await search.search("recursion")
    assert fakes.calls("POST", "/query") == 4


@pytest.mark.asyncio
async def test_no_store_means_no_hits(db: Path, fakes: FakeServices) -> None:
    service = SearchService(db, SearchClient(fakes.url, "empty"))
    assert (await service.search("recursion")).hits == ()


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("status", "error", "calls"),
    [(429, RateLimitedError, 3), (500, StoreUnavailableError, 3), (403, RemoteError, 1)],
)
async def test_info_retries_by_kind_of_error(
    fakes: FakeServices, status: int, error: type[Exception], calls: int
) -> None:
    fakes.fail("/v1/stores/lectures", status, times=-1)
    with pytest.raises(error):
        await SearchClient(fakes.url, "lectures").info()
    assert fakes.calls("GET", "/v1/stores/lectures") == calls


@pytest.mark.asyncio
async def test_info(filled: Path, fakes: FakeServices) -> None:
    fakes.fail("/v1/stores/lectures", 502, times=2)
    info = await SearchClient(fakes.url, "lectures").info()
    assert (info.name, info.files) == ("lectures", 2)


# Sessions.


@pytest.mark.asyncio
async def test_session_life(empty_db: Path) -> None:
    service = SessionService(empty_db)
    await service.create("s")
    assert await service.add_event("s", "search", query="a") == 1
    assert await service.add_event("s", "open", path="b") == 2
    assert await service.events("s") == [
        SessionEvent(1, "search", {"query": "a"}),
        SessionEvent(2, "open", {"path": "b"}),
    ]
    await service.close("s")
    with pytest.raises(SessionNotFoundError, match="open session"):
        await service.add_event("s", "search")
    assert [(s.name, s.closed, s.events) for s in await service.sessions()] == [("s", True, 2)]
    assert await service.sessions(include_closed=False) == []


@pytest.mark.asyncio
async def test_session_names_are_unique(empty_db: Path) -> None:
    service = SessionService(empty_db)
    await service.create("s")
    with pytest.raises(SessionExistsError, match="'s'"):
        await service.create("s")


@pytest.mark.asyncio
async def test_sessions_that_are_not_there(empty_db: Path) -> None:
    service = SessionService(empty_db)
    with pytest.raises(SessionNotFoundError):
        await service.close("s")
    assert await service.events("s") == []


@pytest.mark.asyncio
async def test_concurrent_events_get_numbers_of_their_own(empty_db: Path) -> None:
    service = SessionService(empty_db)
    await service.create("s")
    numbers = await asyncio.gather(*[service.add_event("s", "e", n=n) for n in range(8)])
    assert sorted(numbers) == list(range(1, 9))


# The text interface.


LECTURES = tuple(LectureFile(f"c/{n}.txt", "c", n, title, "", 0) for n, title in enumerate("ab", 1))


def test_render_marks_the_selection() -> None:
    assert render(BrowserState(LECTURES, selected=1)) == "2 lectures\n  c 01 a\n> c 02 b"


def test_model_stops_at_the_ends_and_repeats_nothing() -> None:
    model = BrowserModel()
    seen: list[int] = []
    model.states.subscribe(lambda state: seen.append(state.selected))
    model.load(LECTURES)
    for steps in (-1, 1, 1, 1):
        model.move(steps)
    assert seen == [0, 0, 1]
    model.type_filter("B")
    assert [lecture.title for lecture in model.current.visible] == ["b"]


@pytest.mark.asyncio
async def test_browser_shows_each_screen_once(filled: Path) -> None:
    screens: list[str] = []
    await BrowserApp(LibraryService(filled), screens.append).run(text="s", keys="kj")
    assert [screen.splitlines()[0] for screen in screens] == [
        "7 lectures",
        "filter: s",
        "filter: s",
    ]
