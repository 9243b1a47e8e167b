"""Fetching, against a server on this machine that is well, slow, short, wrong, unable to go on, and gone."""

import hashlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from unrolled.data import fetch
from unrolled.data.fetch import Source

TEXT = ("All the world's a stage, and all the men and women merely players. " * 4000).encode()
SUM = hashlib.sha256(TEXT).hexdigest()


class Server(ThreadingHTTPServer):
    """`gives` is what a GET gets; `asked` the Range headers that came."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.gives, self.asked, self.ranges = TEXT, [], True
        self.cut, self.pause, self.status = None, 0.0, 200


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        asked = self.headers.get("Range")
        server.asked.append(asked)
        if server.status != 200:
            return self.send_error(server.status)
        begin = int(asked.removeprefix("bytes=").rstrip("-")) if asked and server.ranges else 0
        if begin >= len(server.gives):
            return self.send_error(416)
        body = server.gives[begin:]
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        time.sleep(server.pause)
        self.wfile.write(body if server.cut is None else body[: server.cut])
        self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_CACHE", str(tmp_path / "cache"))
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def source(server, sha256=SUM):
    return Source(f"http://127.0.0.1:{server.server_port}/players.txt", sha256, "players.txt")


def test_it_comes_whole_and_once(server):
    file = fetch.fetch(source(server))
    assert file.read_bytes() == TEXT
    assert fetch.fetch(source(server)) == file
    assert server.asked == [None]


def test_one_that_breaks_off_is_gone_on_with(server):
    server.cut = 100_000
    file = fetch.fetch(source(server))
    assert file.read_bytes() == TEXT
    whole = 100_000 // fetch.PIECE * fetch.PIECE
    assert server.asked == [None, f"bytes={whole}-", f"bytes={2 * whole}-"]


def test_what_came_is_kept_for_the_next_time(server):
    part = fetch.cache() / "players.txt.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(TEXT[:70_000])
    assert fetch.fetch(source(server)).read_bytes() == TEXT
    assert server.asked == ["bytes=70000-"]


def test_a_server_that_sends_nothing_is_given_up_and_what_came_stays(server):
    server.cut = 0
    part = fetch.cache() / "players.txt.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(TEXT[:10])
    with pytest.raises(ConnectionError, match=r"can't be fetched .*put it into .*cache.* or use a text of your own"):
        fetch.fetch(source(server))
    assert part.read_bytes() == TEXT[:10]
    assert len(server.asked) == fetch.TRIES


def test_a_server_that_cannot_go_on_sends_all_again(server):
    part = fetch.cache() / "players.txt.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(TEXT[:1000])
    server.ranges = False
    assert fetch.fetch(source(server)).read_bytes() == TEXT


def test_all_had_come_but_it_was_not_moved(server):
    part = fetch.cache() / "players.txt.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(TEXT)
    assert fetch.fetch(source(server)).read_bytes() == TEXT


def test_another_file_is_refused_and_not_kept(server):
    server.gives = TEXT.replace(b"stage", b"plays")
    with pytest.raises(ValueError, match=f"gave another file: .*{SUM} is wanted. Nothing of it was kept"):
        fetch.fetch(source(server))
    assert list(fetch.cache().iterdir()) == []


def test_a_damaged_file_in_the_cache_is_not_used(server):
    file = fetch.cache() / "players.txt"
    file.parent.mkdir(parents=True)
    file.write_bytes(TEXT[:-1])
    assert fetch.fetch(source(server)).read_bytes() == TEXT


def test_a_slow_server_is_not_waited_for_without_end(server):
    server.pause = 0.6
    begun = time.monotonic()
    with pytest.raises(ConnectionError, match=r"\((ReadTimeout|ConnectionError)\)"):
        fetch.fetch(source(server), wait=(0.5, 0.2))
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("status", [404, 503])
def test_a_server_that_refuses_is_told(server, status):
    server.status = status
    with pytest.raises(ConnectionError, match=rf"can't be fetched \({status}\)"):
        fetch.fetch(source(server))
    assert len(server.asked) == 1


def test_one_that_is_gone_is_told(server, monkeypatch):
    gone = source(server)._replace(url="http://127.0.0.1:9/players.txt")
    with pytest.raises(ConnectionError, match=r"can't be fetched \(ConnectionError\)\. Offline\?"):
        fetch.fetch(gone)


def test_another_file_that_was_put_there_is_told_with_both_sums(server):
    server.status = 404
    file = fetch.cache() / "players.txt"
    file.parent.mkdir(parents=True)
    file.write_bytes(TEXT.replace(b"players. ", b"players.\r\n"))
    there = hashlib.sha256(file.read_bytes()).hexdigest()
    with pytest.raises(
        ConnectionError, match=rf"players.txt is there but is another file: .* {there}, {SUM} is wanted"
    ):
        fetch.fetch(source(server))
    assert file.is_file()


def test_shakespeare_is_the_file_that_is_meant(tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_CACHE", str(tmp_path))
    (tmp_path / "tinyshakespeare.txt").write_bytes(TEXT)
    monkeypatch.setattr(fetch, "SHAKESPEARE", fetch.SHAKESPEARE._replace(sha256=SUM))
    assert fetch.tiny_shakespeare() == TEXT.decode()
