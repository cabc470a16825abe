"""The two remote services, in one loopback HTTP server: a batch LLM API and a search store.

In a test or a script::

    with FakeServices() as fakes:
        fakes.fail("/v1/batches", 429, times=2)
        run(OBJLIB_BATCH_URL=fakes.url, OBJLIB_STORE_URL=fakes.url)
        assert fakes.calls("POST", "/v1/batches") == 3

From a shell, until interrupted (the first line of output is the base URL)::

    python fakes.py --port 0 --library /tmp/library
    python fakes.py --port 8123 --faults '[{"path": "/v1/batches", "status": 503, "times": 1}]'

While it runs, ``POST /_admin/faults`` takes the same JSON and ``GET /_admin/requests`` tells what
was asked so far. Every id and every answer is derived from what was sent, so that two runs over the
same library get the same, in whatever order their requests come.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

Reply = tuple[int, Any]


@dataclass
class Fault:
    """Something that is to go wrong with the next requests that fit."""

    path: str
    status: int | None = None
    times: int = 1
    method: str | None = None
    match: str = ""
    delay: float = 0.0
    retry_after: float | None = None

    def fits(self, method: str, path: str, body: str) -> bool:
        return (
            self.times != 0
            and self.method in (None, method)
            and re.search(self.path, path) is not None
            and self.match in body
        )


@dataclass(frozen=True)
class Request:
    """A request that came in, and the status it was answered with."""

    method: str
    path: str
    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    began: float = 0.0
    ended: float = 0.0


@dataclass
class Job:
    """A batch job of the LLM API."""

    id: str
    name: str
    inputs: list[dict[str, str]]
    polls: int = 0


@dataclass
class Indexing:
    """An operation of the store."""

    name: str
    store: str
    document: dict[str, Any]
    polls: int = 0


class FakeServices:
    """Both services. Their behaviour is set by attributes and methods, at any time."""

    def __init__(self, port: int = 0) -> None:
        #: Status requests after which a job, or an operation, has come to its end.
        self.job_polls = 1
        self.operation_polls = 1
        #: So many looks at the queue find it full.
        self.busy_queue = 0
        self._job_ends: list[tuple[str, str, str | None]] = []
        self._bad_answers: dict[str, int] = {}
        self._bad_items: dict[str, str | None] = {}
        self._index_errors: dict[str, str] = {}
        self._index_never: set[str] = set()

        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._requests: list[Request] = []
        self._inputs: dict[str, dict[str, str]] = {}
        self._jobs: dict[str, Job] = {}
        self._stores: dict[str, dict[str, dict[str, Any]]] = {}
        self._operations: dict[str, Indexing] = {}

        self._server = _Server(("127.0.0.1", port), _handler_for(self))
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    # Running it.

    @property
    def url(self) -> str:
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    # Telling it how to misbehave.

    def fail(
        self,
        path: str,
        status: int,
        *,
        times: int = 1,
        method: str | None = None,
        match: str = "",
        retry_after: float | None = None,
    ) -> None:
        """Answer the next ``times`` requests (-1: all) that fit with ``status``.

        ``path`` is a regular expression, ``match`` a text that the request's body must contain.
        """
        self.add_fault(Fault(path, status, times, method, match, retry_after=retry_after))

    def slow(self, path: str, seconds: float, *, times: int = -1, match: str = "") -> None:
        """Take ``seconds`` longer over requests that fit."""
        self.add_fault(Fault(path, None, times, match=match, delay=seconds))

    def add_fault(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def end_job(self, state: str, *, match: str = "", error: str | None = None) -> None:
        """Let jobs with an input whose custom id contains ``match`` end as ``state``."""
        self._job_ends.append((match, state, error))

    def answer_badly(self, match: str, *, times: int = 1) -> None:
        """Let the model answer nonsense for inputs whose custom id contains ``match``."""
        self._bad_answers[match] = times

    def break_item(self, match: str, error: str | None) -> None:
        """Give a job's output an error instead of an answer, or (``None``) no line at all."""
        self._bad_items[match] = error

    def fail_indexing(self, match: str, error: str) -> None:
        """Let the store fail to index documents whose path contains ``match``."""
        self._index_errors[match] = error

    def never_index(self, match: str) -> None:
        """Let the store be at it for ever."""
        self._index_never.add(match)

    def calm_down(self) -> None:
        """Forget everything that was to go wrong."""
        with self._lock:
            self._faults.clear()
            self._job_ends.clear()
            self._bad_answers.clear()
            self._bad_items.clear()
            self._index_errors.clear()
            self._index_never.clear()

    def store_document(self, document: dict[str, Any], store: str = "lectures") -> None:
        """Put a document into the store, indexed already."""
        with self._lock:
            self._stores.setdefault(store, {})[document["path"]] = document

    # Asking what happened.

    @property
    def requests(self) -> list[Request]:
        with self._lock:
            return list(self._requests)

    def calls(self, method: str, path: str, *, status: int | None = None) -> int:
        """How many requests there were to paths that fit the regular expression ``path``."""
        return sum(
            request.method == method
            and re.search(path, request.path) is not None
            and status in (None, request.status)
            for request in self.requests
        )

    def peak(self, method: str, path: str, match: str = "") -> int:
        """The largest number of such requests that were under way at the same time.

        Both ``path`` and ``match`` (for the body) are regular expressions.
        """
        steps = []
        for request in self.requests:
            asked = (request.method, json.dumps(request.body))
            if asked[0] == method and re.search(path, request.path) and re.search(match, asked[1]):
                steps += [(request.began, 1), (request.ended, -1)]
        peak = running = 0
        for _, step in sorted(steps):
            running += step
            peak = max(peak, running)
        return peak

    def stored(self, store: str = "lectures") -> list[str]:
        """The paths that the store has indexed."""
        with self._lock:
            return sorted(self._stores.get(store, {}))

    # Serving.

    def handle(self, method: str, path: str, raw: str, headers: dict[str, str]) -> tuple[Any, ...]:
        """Answer a request: status, payload, extra headers."""
        body = json.loads(raw) if raw else None
        if path.startswith("/_admin/"):
            return (*self._admin(path, body), {})
        began = time.monotonic()
        with self._lock:
            faults = [fault for fault in self._faults if fault.fits(method, path, raw)]
            failing = next((fault for fault in faults if fault.status is not None), None)
            delay = sum(fault.delay for fault in faults)
            for fault in faults:
                if fault is failing or fault.status is None:
                    fault.times -= 1
        if delay:
            time.sleep(delay)
        extra: dict[str, str] = {}
        with self._lock:
            if failing is not None:
                status, payload = failing.status or 500, {"error": "told to"}
                if failing.retry_after is not None:
                    extra["retry-after"] = str(failing.retry_after)
            else:
                status, payload = self._route(method, path, body)
            self._requests.append(
                Request(method, path, status, body, headers, began, time.monotonic())
            )
        return status, payload, extra

    def _admin(self, path: str, body: Any) -> Reply:
        if path == "/_admin/faults":
            for item in body:
                self.add_fault(Fault(**item))
            return 200, {"faults": len(body)}
        if path == "/_admin/requests":
            return 200, [[r.method, r.path, r.status] for r in self.requests]
        return 404, {"error": "no such knob"}

    def _route(self, method: str, path: str, body: Any) -> Reply:
        routes: list[tuple[str, str, Callable[..., Reply]]] = [
            ("POST", r"/v1/inputs", self._add_input),
            ("GET", r"/v1/queue", self._queue),
            ("POST", r"/v1/batches", self._add_job),
            ("GET", r"/v1/batches/([\w-]+)", self._job),
            ("GET", r"/v1/batches/([\w-]+)/results", self._results),
            ("POST", r"/v1/complete", self._complete),
            ("PUT", r"/v1/stores/([\w-]+)", self._create_store),
            ("GET", r"/v1/stores/([\w-]+)", self._store),
            ("POST", r"/v1/stores/([\w-]+)/files", self._add_file),
            ("POST", r"/v1/stores/([\w-]+)/query", self._query),
            ("GET", r"/v1/operations/([\w-]+)", self._operation),
        ]
        for verb, pattern, endpoint in routes:
            found = re.fullmatch(pattern, path)
            if found is not None and verb == method:
                return endpoint(*found.groups(), *([] if body is None else [body]))
        return 404, {"error": "no such path"}

    # The batch LLM API.

    def _add_input(self, body: dict[str, str]) -> Reply:
        input_id = _id("in", body["custom_id"], body["prompt"])
        self._inputs[input_id] = body
        return 200, {"id": input_id}

    def _queue(self) -> Reply:
        if self.busy_queue > 0:
            self.busy_queue -= 1
            return 200, {"pending": 5, "capacity": 5}
        return 200, {"pending": 0, "capacity": 5}

    def _add_job(self, body: dict[str, Any]) -> Reply:
        unknown = [item for item in body["input_ids"] if item not in self._inputs]
        if unknown or not body["input_ids"]:
            return 400, {"error": "unknown or no inputs"}
        job = Job(
            id=_id("job", body["name"], *body["input_ids"]),
            name=body["name"],
            inputs=[self._inputs[item] for item in body["input_ids"]],
        )
        self._jobs[job.id] = job
        return 200, self._describe_job(job)

    def _job(self, job_id: str) -> Reply:
        job = self._jobs.get(job_id)
        if job is None:
            return 404, {"error": "no such job"}
        job.polls += 1
        return 200, self._describe_job(job)

    def _describe_job(self, job: Job) -> dict[str, Any]:
        total = len(job.inputs)
        about = {"id": job.id, "name": job.name, "total": total}
        if job.polls == 0:
            return {**about, "state": "queued", "completed": 0}
        if job.polls < self.job_polls:
            completed = total * job.polls // self.job_polls
            return {**about, "state": "running", "completed": completed}
        for match, state, error in self._job_ends:
            if any(match in item["custom_id"] for item in job.inputs):
                return {**about, "state": state, "completed": 0, "error": error}
        return {**about, "state": "succeeded", "completed": total}

    def _results(self, job_id: str) -> Reply:
        job = self._jobs.get(job_id)
        if job is None or self._describe_job(job)["state"] != "succeeded":
            return 409, {"error": "no results"}
        lines = []
        # Like the real one, it does not care for the order of the inputs.
        for item in sorted(job.inputs, key=lambda item: _id("line", item["custom_id"])):
            custom_id = item["custom_id"]
            broken = [match for match in self._bad_items if match in custom_id]
            if not broken:
                answer = self._answer(custom_id, item["prompt"])
                lines.append({"custom_id": custom_id, "answer": answer})
            elif self._bad_items[broken[0]] is not None:
                lines.append({"custom_id": custom_id, "error": self._bad_items[broken[0]]})
        return 200, "".join(json.dumps(line) + "\n" for line in lines)

    def _complete(self, body: dict[str, str]) -> Reply:
        return 200, {"answer": self._answer(body["custom_id"], body["prompt"])}

    def _answer(self, custom_id: str, prompt: str) -> str:
        for match, times in self._bad_answers.items():
            if match in custom_id and times != 0:
                self._bad_answers[match] = times - 1
                return "I am sorry, I cannot do that."
        return answer(prompt)

    # The search store.

    def _create_store(self, store: str, body: Any = None) -> Reply:
        files = self._stores.setdefault(store, {})
        return 200, {"name": store, "files": len(files)}

    def _store(self, store: str) -> Reply:
        if store not in self._stores:
            return 404, {"error": "no such store"}
        return 200, {"name": store, "files": len(self._stores[store])}

    def _add_file(self, store: str, body: dict[str, Any]) -> Reply:
        if store not in self._stores:
            return 404, {"error": "no such store"}
        if not body["text"].strip():
            return 400, {"error": "empty document"}
        indexing = Indexing(_id("op", body["path"], body["text"]), store, body)
        self._operations[indexing.name] = indexing
        return 200, {"name": indexing.name, "done": False}

    def _operation(self, name: str) -> Reply:
        indexing = self._operations.get(name)
        if indexing is None:
            return 404, {"error": "no such operation"}
        path = indexing.document["path"]
        indexing.polls += 1
        if indexing.polls < self.operation_polls or any(m in path for m in self._index_never):
            return 200, {"name": name, "done": False}
        for match, error in self._index_errors.items():
            if match in path:
                return 200, {"name": name, "done": True, "error": error}
        self._stores[indexing.store][path] = indexing.document
        file_id = _id("file", path, indexing.document["text"])
        return 200, {"name": name, "done": True, "file_id": file_id}

    def _query(self, store: str, body: dict[str, Any]) -> Reply:
        if store not in self._stores:
            return 404, {"error": "no such store"}
        words = set(re.findall(r"\w+", body["query"].lower()))
        hits = []
        for path, document in self._stores[store].items():
            if body.get("course") not in (None, document["course"]):
                continue
            text = f"{document['title']}.\n{document['text']}"
            found = words & set(re.findall(r"\w+", text.lower()))
            if found:
                passage = next(
                    line for line in text.splitlines() if any(w in line.lower() for w in found)
                )
                score = round(len(found) / len(words), 3)
                hits.append({"path": path, "score": score, "passage": passage.strip()})
        hits.sort(key=lambda hit: (-hit["score"], hit["path"]))
        return 200, {"hits": hits[: body["top_k"]]}


def answer(prompt: str) -> str:
    """What the model makes of a prompt: JSON, every other time in a fence."""
    strategy = re.search(r"Strategy: (\w+)", prompt)
    transcript = prompt.partition("Transcript:\n")[2].strip()
    counts = Counter(re.findall(r"[a-z]{7,}", transcript.lower()))
    topics = sorted(counts, key=lambda word: (-counts[word], word))[:5]
    luck = int(hashlib.sha256(transcript.encode()).hexdigest()[:4], 16)
    base = {"keywords": 0.8, "outline": 0.7, "summary": 0.6}.get(strategy[1] if strategy else "", 0)
    data = {
        "summary": transcript.split(".")[0].strip() or "An empty lecture",
        "topics": topics,
        "difficulty": ("introductory", "intermediate", "advanced")[luck % 3],
        "confidence": round(base + luck % 100 / 1000, 3),
    }
    text = json.dumps(data)
    return f"```json\n{text}\n```" if luck % 2 else text


def _id(kind: str, *parts: str) -> str:
    return f"{kind}-{hashlib.sha256('|'.join(parts).encode()).hexdigest()[:10]}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def _handler_for(services: FakeServices) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            raw = self.rfile.read(length).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, payload, extra = services.handle(self.command, self.path, raw, headers)
            content = payload if isinstance(payload, str) else json.dumps(payload)
            try:
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(content.encode())))
                for name, value in extra.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content.encode())
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        do_GET = do_POST = do_PUT = _serve

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--port", type=int, default=0, help="0: any that is free")
    parser.add_argument("--library", type=Path, help="write sample transcripts there first")
    parser.add_argument("--count", type=int, default=24, help="how many transcripts")
    parser.add_argument("--faults", type=json.loads, default=[], help="JSON list of faults")
    parser.add_argument("--job-polls", type=int, default=1)
    parser.add_argument("--operation-polls", type=int, default=1)
    options = parser.parse_args()
    if options.library is not None:
        from library import write_library

        write_library(options.library, options.count)

    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    with FakeServices(options.port) as services:
        services.job_polls = options.job_polls
        services.operation_polls = options.operation_polls
        for fault in options.faults:
            services.add_fault(Fault(**fault))
        print(services.url, flush=True)
        done.wait()


if __name__ == "__main__":
    main()
