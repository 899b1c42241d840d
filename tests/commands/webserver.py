"""A web server on this machine that does what a test tells it, truthful or not."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[["Asked"], None]


@dataclass
class Asked:
    """One request, and the means to answer it."""

    handler: BaseHTTPRequestHandler
    path: str

    @property
    def range_start(self) -> int | None:
        value = self.handler.headers.get("Range")
        return None if value is None else int(value.removeprefix("bytes=").removesuffix("-"))

    def header(self, name: str) -> str | None:
        return self.handler.headers.get(name)

    def send(self, status: int, body: bytes = b"", **headers: str) -> None:
        """The head and the body; `Content_Length` and the like stand for headers of their own."""
        self.handler.send_response(status)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        given.setdefault("Content-Length", str(len(body)))
        for name, value in given.items():
            if value:
                self.handler.send_header(name, value)
        self.handler.end_headers()
        self.handler.wfile.write(body)

    def part(self, whole: bytes, start: int, *, cut: int | None = None, **headers: str) -> None:
        """An honest 206 from `start`, which breaks off after `cut` bytes."""
        body = whole[start:]
        self.send(
            206,
            body if cut is None else body[:cut],
            Content_Length=str(len(body)),
            Content_Range=f"bytes {start}-{len(whole) - 1}/{len(whole)}",
            **headers,
        )


@dataclass
class Server:
    """What is served by path: bytes (honestly, with ranges and an ETag), or answers used in turn."""

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    def url(self, path: str) -> str:
        return f"{self.address}/{path}"

    def answer(self, asked: Asked) -> None:
        self.asked.append((asked.path, asked.header("Range")))
        script = self.answers.get(asked.path)
        if script:
            (script.pop(0) if len(script) > 1 else script[0])(asked)
        elif asked.path in self.files:
            whole = self.files[asked.path]
            etag = f'"{hash(whole)}"'
            start = asked.range_start
            if start is not None and asked.header("If-Range") in (None, etag):
                asked.part(whole, start, ETag=etag)
            else:
                asked.send(200, whole, ETag=etag)
        else:
            asked.send(404, b"no such file")


@contextmanager
def serving() -> Iterator[Server]:
    """A server that runs as long as the block."""
    told = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.answer(Asked(self, self.path.lstrip("/")))

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """Who asks may go away before the answer ends."""

    server = Quiet(("127.0.0.1", 0), Handler)
    told.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
