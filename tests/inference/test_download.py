"""Downloads from a server that breaks off, lies or changes its mind, and what is left on the disk of them."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import random
import socket
import ssl
from collections.abc import Callable, Iterator
from email.message import Message
from pathlib import Path
from typing import Any
from urllib import request
from urllib.error import URLError

import pytest
from webserver import Asked, Server, serving

from nivo_tui.errors import PackError
from nivo_tui.inference.fetch import transfer
from nivo_tui.inference.fetch.download import (
    AddressError,
    Downloaded,
    WrongFileError,
    check_address,
    download,
)
from nivo_tui.inference.fetch.transfer import DiskFullError, StoppedError, TransferError

MODEL = random.Random(1).randbytes(1_000_000)
SHA256 = hashlib.sha256(MODEL).hexdigest()


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as made:
        yield made


class Fetching:
    """Downloads into one partial file, remembering progress and pauses."""

    def __init__(self, folder: Path) -> None:
        self.partial = folder / "model.onnx.part"
        self.pauses: list[float] = []
        self.seen: list[tuple[int, int | None]] = []
        self.stop_at: int | None = None

    def __call__(
        self, url: str, size: int | None = None, sha256: str | None = None, opener: Any = None
    ) -> Downloaded:
        return download(
            url,
            self.partial,
            expected_bytes=size,
            expected_sha256=sha256,
            progress=lambda done, total: self.seen.append((done, total)),
            cancelled=lambda: bool(self.stop_at and self.seen and self.seen[-1][0] >= self.stop_at),
            opener=opener,
            sleep=self.pauses.append,
        )

    @property
    def left(self) -> list[str]:
        return sorted(path.name for path in self.partial.parent.iterdir() if path.is_file())


@pytest.fixture
def fetch(tmp_path: Path) -> Fetching:
    folder = tmp_path / "downloads"
    folder.mkdir()
    return Fetching(folder)


def cut_at(size: int, *, stated: int = len(MODEL), **headers: str) -> Callable[[Asked], None]:
    return lambda asked: asked.send(200, MODEL[:size], Content_Length=str(stated), **headers)


def test_a_file_comes_whole_with_its_hash(server: Server, fetch: Fetching) -> None:
    server.files["m.onnx"] = MODEL
    got = fetch(server.url("m.onnx"), len(MODEL), SHA256)
    assert (got.path.read_bytes(), got.bytes, got.sha256) == (MODEL, len(MODEL), SHA256)
    assert fetch.seen[-1] == (len(MODEL), len(MODEL))
    assert [done for done, _ in fetch.seen] == sorted(done for done, _ in fetch.seen)


def test_a_file_that_came_whole_is_not_asked_for_again(server: Server, fetch: Fetching) -> None:
    server.files["m"] = MODEL
    assert fetch(server.url("m")).sha256 == fetch(server.url("m")).sha256 == SHA256
    assert len(server.asked) == 1


def test_size_and_hash_need_not_be_known(server: Server, fetch: Fetching) -> None:
    server.answers["m"] = [lambda asked: asked.send(200, MODEL, Content_Length="")]
    assert fetch(server.url("m")).sha256 == SHA256


def test_a_line_that_breaks_is_taken_up_where_it_broke(server: Server, fetch: Fetching) -> None:
    server.answers["m"] = [
        cut_at(300_000, ETag='"a"'),
        lambda asked: asked.part(MODEL, asked.range_start or 0, cut=200_000, ETag='"a"'),
        lambda asked: asked.part(MODEL, asked.range_start or 0, ETag='"a"'),
    ]
    assert fetch(server.url("m")).sha256 == SHA256
    assert [asked for _, asked in server.asked] == [None, "bytes=300000-", "bytes=500000-"]


def test_a_stopped_download_goes_on_at_the_next_run(server: Server, fetch: Fetching) -> None:
    server.files["m"] = MODEL
    fetch.stop_at = 400_000
    with pytest.raises(StoppedError):
        fetch(server.url("m"), len(MODEL), SHA256)
    kept = fetch.partial.stat().st_size
    assert 400_000 <= kept < len(MODEL)
    fetch.stop_at = None
    assert fetch(server.url("m"), len(MODEL), SHA256).sha256 == SHA256
    assert server.asked[-1] == ("m", f"bytes={kept}-")


def test_a_server_that_knows_no_ranges_gives_all_again(server: Server, fetch: Fetching) -> None:
    server.answers["m"] = [cut_at(300_000, ETag='"a"'), lambda asked: asked.send(200, MODEL, ETag='"a"')]
    assert fetch(server.url("m")).sha256 == SHA256


def test_bytes_that_nothing_vouches_for_are_not_gone_on_with(server: Server, fetch: Fetching) -> None:
    server.answers["m"] = [lambda asked: asked.send(500)]
    fetch.partial.write_bytes(b"x" * 1000)
    with pytest.raises(TransferError):
        fetch(server.url("m"))
    assert server.asked[0] == ("m", None)


def test_bytes_of_another_address_are_dropped(server: Server, fetch: Fetching) -> None:
    server.files.update({"old": MODEL[::-1], "new": MODEL})
    fetch.stop_at = 400_000
    with pytest.raises(StoppedError):
        fetch(server.url("old"))
    fetch.stop_at = None
    assert fetch(server.url("new")).sha256 == SHA256


def test_a_file_that_changed_meanwhile_is_fetched_from_its_start(server: Server, fetch: Fetching) -> None:
    server.files["m"] = MODEL[::-1]
    fetch.stop_at = 400_000
    with pytest.raises(StoppedError):
        fetch(server.url("m"))
    fetch.stop_at = None
    server.files["m"] = MODEL
    assert fetch(server.url("m")).sha256 == SHA256
    assert len(server.asked) == 2  # the server itself saw by If-Range that a part would not fit


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(lambda asked: asked.part(MODEL, 5, ETag='"a"'), id="another start"),
        pytest.param(lambda asked: asked.part(MODEL, asked.range_start or 0, ETag='"b"'), id="another etag"),
        pytest.param(
            lambda asked: asked.part(MODEL + b"more", asked.range_start or 0, ETag='"a"'), id="another length"
        ),
        pytest.param(lambda asked: asked.send(206, MODEL[300_000:]), id="no content-range"),
        pytest.param(lambda asked: asked.send(416), id="out of range"),
    ],
)
def test_a_part_that_does_not_fit_is_not_appended(
    server: Server, fetch: Fetching, part: Callable[[Asked], None]
) -> None:
    server.answers["m"] = [cut_at(300_000, ETag='"a"'), part, lambda asked: asked.send(200, MODEL)]
    assert fetch(server.url("m")).sha256 == SHA256
    assert server.asked[-1] == ("m", None)


def test_a_mixture_that_only_the_hash_finds_is_fetched_anew(server: Server, fetch: Fetching) -> None:
    """A partial file with a good note whose bytes a crash has spoiled."""
    url = server.url("m")
    server.files["m"] = MODEL
    fetch.partial.write_bytes(bytes(300_000))
    note = {"url": url, "etag": f'"{hash(MODEL)}"', "modified": None, "total": len(MODEL)}
    fetch.partial.with_name("model.onnx.part.json").write_text(json.dumps(note))
    assert fetch(url, len(MODEL), SHA256).sha256 == SHA256
    assert [asked for _, asked in server.asked] == ["bytes=300000-", None]


def test_a_note_that_is_damaged_is_no_note(server: Server, fetch: Fetching) -> None:
    server.files["m"] = MODEL
    for note in ("{", "[]", '{"url": 3}', '{"url": "x", "total": "9"}', '{"other": 1}'):
        fetch.partial.write_bytes(b"x")
        fetch.partial.with_name("model.onnx.part.json").write_text(note)
        assert fetch(server.url("m")).sha256 == SHA256


@pytest.mark.parametrize("stated", [len(MODEL) + 5000, len(MODEL) - 5000])
def test_a_length_that_is_not_the_published_one_is_refused_before_a_byte_is_written(
    server: Server, fetch: Fetching, stated: int
) -> None:
    server.answers["m"] = [lambda asked: asked.send(200, MODEL, Content_Length=str(stated))]
    with pytest.raises(WrongFileError, match=f"has {stated} bytes there, the published file has 1000000"):
        fetch(server.url("m"), len(MODEL), SHA256)
    assert fetch.left == []
    assert fetch.seen == []


def test_a_body_longer_than_expected_is_cut_off_and_dropped(server: Server, fetch: Fetching) -> None:
    server.answers["m"] = [lambda asked: asked.send(200, MODEL + b"more", Content_Length="")]
    with pytest.raises(WrongFileError, match="longer"):
        fetch(server.url("m"), len(MODEL))
    assert fetch.left == []
    assert max(done for done, _ in fetch.seen) <= len(MODEL)


def test_a_body_always_shorter_than_stated_is_given_up(server: Server, fetch: Fetching) -> None:
    server.answers["m"] = [
        lambda asked: asked.send(200, MODEL[:1000], Content_Length=str(len(MODEL)), ETag='"a"')
    ]
    with pytest.raises(TransferError, match=r"line broke after 1.0 kB of 1.0 MB.*run it again"):
        fetch(server.url("m"))
    assert len(server.asked) == 6  # one that brought bytes, five that brought no more
    assert sum(fetch.pauses) == pytest.approx(0.5 + 1 + 2 + 4 + 8)


def test_other_bytes_than_the_hash_says_are_dropped(server: Server, fetch: Fetching) -> None:
    server.files["m"] = MODEL[::-1]
    with pytest.raises(WrongFileError, match="other bytes than the published ones"):
        fetch(server.url("m"), len(MODEL), SHA256)
    assert fetch.left == []
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"\n  <!DOCTYPE html><html>sign in</html>", "web page"),
        (b"<html><body>blocked</body></html>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00", "Git LFS pointer"),
    ],
)
def test_a_page_is_no_model(server: Server, fetch: Fetching, body: bytes, words: str) -> None:
    server.answers["m"] = [lambda asked: asked.send(200, body, Content_Type="application/octet-stream")]
    with pytest.raises(WrongFileError, match=f"{words} instead of the file.*models import"):
        fetch(server.url("m"))
    assert fetch.left == []


@pytest.mark.parametrize(
    ("status", "words"), [(404, "is not there"), (410, "is not there"), (403, "given out")]
)
def test_a_refusal_is_final_and_names_the_way_around(
    server: Server, fetch: Fetching, status: int, words: str
) -> None:
    server.answers["m"] = [lambda asked: asked.send(status)]
    with pytest.raises(TransferError, match=rf"{words}.*HTTP {status}.*models import"):
        fetch(server.url("m"))
    assert len(server.asked) == 1
    assert fetch.left == []


def test_trouble_that_passes_is_waited_for(server: Server, fetch: Fetching) -> None:
    server.answers["m"] = [
        lambda asked: asked.send(500),
        lambda asked: asked.send(503, Retry_After="7"),
        lambda asked: asked.send(200),
        lambda asked: asked.send(200, MODEL),
    ]
    assert fetch(server.url("m")).sha256 == SHA256
    assert sum(fetch.pauses) == pytest.approx(1 + 7 + 4)


def test_a_server_that_wants_to_be_left_alone_for_long_is_asked_sooner(
    server: Server, fetch: Fetching
) -> None:
    server.answers["m"] = [
        lambda asked: asked.send(429, Retry_After="86400"),
        lambda asked: asked.send(200, MODEL),
    ]
    assert fetch(server.url("m")).sha256 == SHA256
    assert sum(fetch.pauses) == pytest.approx(30)


def test_an_end_is_heard_while_waiting_for_the_next_try(server: Server, fetch: Fetching) -> None:
    server.answers["m"] = [lambda asked: asked.send(500)]
    with pytest.raises(StoppedError):
        download(
            server.url("m"),
            fetch.partial,
            progress=lambda done, total: None,
            cancelled=lambda: len(fetch.pauses) > 3,
            sleep=fetch.pauses.append,
        )
    assert len(fetch.pauses) == 4
    assert len(server.asked) == 1


def test_a_silent_server_does_not_hold_up_an_end(fetch: Fetching) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        looks = iter([False, False, False, True, True])
        with pytest.raises(StoppedError):
            download(
                f"http://127.0.0.1:{silent.getsockname()[1]}/m",
                fetch.partial,
                progress=lambda done, total: None,
                cancelled=lambda: next(looks),
            )


def test_what_is_no_http_is_not_a_crash(fetch: Fetching) -> None:
    with serving() as server:
        server.answers["m"] = [lambda asked: (asked.handler.wfile.write(b"\x00\xffgarbage\n"), None)[1]]
        with pytest.raises(TransferError, match="broke"):
            fetch(server.url("m"))


def test_redirects_are_followed_five_times(server: Server, fetch: Fetching) -> None:
    server.files["5"] = MODEL
    for n in range(5):
        server.answers[str(n)] = [lambda asked, n=n: asked.send(302, Location=f"/{n + 1}")]
    assert fetch(server.url("0")).sha256 == SHA256


def test_more_redirects_and_circles_are_an_error(server: Server, fetch: Fetching) -> None:
    server.files["6"] = MODEL
    for n in range(6):
        server.answers[str(n)] = [lambda asked, n=n: asked.send(301, Location=f"/{n + 1}")]
    server.answers["circle"] = [lambda asked: asked.send(302, Location="/circle")]
    for start in ("0", "circle"):
        with pytest.raises(AddressError, match="without an end"):
            fetch(server.url(start))


def test_a_redirect_to_a_file_of_this_machine_is_not_followed(server: Server, fetch: Fetching) -> None:
    server.answers["m"] = [lambda asked: asked.send(302, Location="file:///etc/hostname")]
    with pytest.raises(AddressError):
        fetch(server.url("m"))


def test_a_part_is_asked_for_behind_a_redirect_as_well(server: Server, fetch: Fetching) -> None:
    server.answers["m"] = [lambda asked: asked.send(302, Location="/real?token=secret")]
    server.answers["real?token=secret"] = [
        cut_at(300_000, ETag='"a"'),
        lambda asked: asked.part(MODEL, asked.range_start or 0, ETag='"a"'),
    ]
    assert fetch(server.url("m")).sha256 == SHA256
    assert server.asked[-1][1] == "bytes=300000-"


@pytest.mark.parametrize(
    ("url", "known_hash", "before", "allowed"),
    [
        ("https://example.org/m", False, None, True),
        ("http://example.org/m", False, None, False),
        ("http://example.org/m", True, None, True),
        ("http://example.org/m", True, "https://example.org/m", False),
        ("http://127.0.0.1/m", False, "https://example.org/m", False),
        ("https://other.org/m", False, "http://localhost/m", True),
        ("http://localhost:99/m", False, None, True),
        ("http://127.1.2.3/m", False, None, True),
        ("http://[::1]/m", False, None, True),
        ("http://localhost.example.org/m", False, None, False),
        ("ftp://example.org/m", True, None, False),
        ("file:///etc/hostname", True, None, False),
        ("https:///m", False, None, False),
        ("https://example.org:port/m", False, None, False),
        ("m", False, None, False),
    ],
)
def test_what_addresses_are_fetched_from(
    url: str, known_hash: bool, before: str | None, allowed: bool
) -> None:
    if allowed:
        check_address(url, known_hash=known_hash, before=before)
    else:
        with pytest.raises(AddressError):
            check_address(url, known_hash=known_hash, before=before)


def test_an_error_tells_no_password_and_no_token(fetch: Fetching) -> None:
    with pytest.raises(AddressError) as told:
        fetch("http://ann:hunter2@example.org/m?token=abc")
    assert "hunter2" not in str(told.value)
    assert "abc" not in str(told.value)


class Failing:
    """An opener whose every request ends with this error."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.asked = 0

    def open(self, asked: request.Request, timeout: float) -> Any:
        self.asked += 1
        raise self.error


def _unverified() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "self-signed certificate"
    return error


@pytest.mark.parametrize(
    ("error", "words", "tries"),
    [
        (URLError(socket.gaierror(-2, "Name or service not known")), "cannot be found.*network", 1),
        (URLError(OSError(errno.ENETUNREACH, "Network is unreachable")), "cannot be reached.*network", 1),
        (URLError(ConnectionRefusedError(errno.ECONNREFUSED, "refused")), "cannot be reached", 1),
        (URLError(OSError("Tunnel connection failed: 407 Auth Required")), "proxy.*HTTPS_PROXY", 1),
        (URLError(_unverified()), "certificate of example.org.*self-signed.*SSL_CERT_FILE", 1),
        (TimeoutError("timed out"), "does not answer", 5),
        (ConnectionResetError(errno.ECONNRESET, "reset"), "connection to example.org broke", 5),
    ],
)
def test_a_network_that_fails_says_what_to_do(
    fetch: Fetching, error: Exception, words: str, tries: int
) -> None:
    opener = Failing(error)
    with pytest.raises(PackError, match=words) as told:
        fetch("https://example.org/m", opener=opener)
    assert opener.asked == tries
    assert "\n" not in str(told.value)
    assert fetch.left == []


def test_no_server_at_all(fetch: Fetching) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(TransferError, match=r"127.0.0.1:\d+ cannot be reached"):
        fetch(f"http://127.0.0.1:{port}/m")
    assert fetch.left == []


def test_a_network_lost_on_the_way_is_tried_again(fetch: Fetching) -> None:
    """Bytes had come, so the name that is not found now will be found again."""

    class Answer(io.BytesIO):
        status = 200
        headers = Message()

    Answer.headers["Content-Length"] = str(len(MODEL))
    Answer.headers["ETag"] = '"a"'
    answers: list[Any] = [Answer(MODEL[:1000]), socket.gaierror(-3, "try again"), Answer(MODEL)]

    class Opener:
        def open(self, asked: request.Request, timeout: float) -> Any:
            answer = answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

    assert fetch("https://example.org/m", opener=Opener()).sha256 == SHA256


def test_a_disk_without_room_is_seen_before_the_first_byte(
    server: Server, fetch: Fetching, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.files["m"] = MODEL
    monkeypatch.setattr(transfer, "free_bytes", lambda folder: transfer.SPARE + 500_000)
    with pytest.raises(DiskFullError, match=r"needs 1.0 MB more.*500.0 kB can be used: make room"):
        fetch(server.url("m"))
    assert fetch.seen == []
    assert fetch.left == []


def test_a_disk_that_fills_on_the_way_keeps_what_can_be_gone_on_with(
    server: Server, fetch: Fetching, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.files["m"] = MODEL
    write = transfer.Target.write
    room = 500_000

    def full(self: transfer.Target, piece: bytes) -> None:
        if self.size + len(piece) > room:
            write(self, piece[: room - self.size])
            raise transfer.disk_trouble(OSError(errno.ENOSPC, "No space left on device"), self.path)
        write(self, piece)

    with monkeypatch.context() as patched:
        patched.setattr(transfer.Target, "write", full)
        with pytest.raises(DiskFullError, match=r"is full: make room and run it again"):
            fetch(server.url("m"), len(MODEL), SHA256)
    assert fetch.partial.stat().st_size == room
    assert fetch(server.url("m"), len(MODEL), SHA256).sha256 == SHA256
    assert server.asked[-1] == ("m", f"bytes={room}-")


def test_a_length_nobody_knows_does_not_fill_the_disk(
    server: Server, fetch: Fetching, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = MODEL * 12
    server.answers["m"] = [lambda asked: asked.send(200, long, Content_Length="", ETag='"a"')]
    room = 9_000_000

    def free(folder: Path) -> int:
        taken = fetch.partial.stat().st_size if fetch.partial.exists() else 0
        return transfer.SPARE + room - taken

    monkeypatch.setattr(transfer, "free_bytes", free)
    with pytest.raises(DiskFullError, match="make room"):
        fetch(server.url("m"))
    assert 0 < fetch.seen[-1][0] <= room
    assert fetch.left == []


def test_a_mixture_made_within_one_run_is_fetched_anew_once(server: Server, fetch: Fetching) -> None:
    spoiled = bytes(300_000)
    size = str(len(MODEL))
    server.answers["m"] = [
        lambda asked: asked.send(200, spoiled, Content_Length=size, ETag='"a"'),
        lambda asked: asked.part(MODEL, asked.range_start or 0, ETag='"a"'),
        lambda asked: asked.send(200, MODEL, ETag='"b"'),
    ]
    assert fetch(server.url("m"), len(MODEL), SHA256).sha256 == SHA256
    assert [asked for _, asked in server.asked] == [None, "bytes=300000-", None]


def test_digits_that_are_no_number_are_no_header(server: Server, fetch: Fetching) -> None:
    server.answers["m"] = [
        lambda asked: asked.send(503, Retry_After="\xb2"),
        lambda asked: asked.send(200, MODEL, Content_Length="\xb2"),
    ]
    assert fetch(server.url("m")).sha256 == SHA256
    assert sum(fetch.pauses) == pytest.approx(1)
