"""Texts that are fetched once, for those who are online: into a cache, gone on with where it broke off, and verified.

No page of the course needs one. A file is used only when its SHA-256 is the one that is wanted.
"""

import hashlib
import os
from pathlib import Path
from typing import NamedTuple

import platformdirs
import requests
from tqdm import tqdm

WAIT = (10.0, 30.0)  # seconds until a server must answer, and between two pieces of what it sends
TRIES = 3  # after a piece has come, the count begins again
PIECE = 1 << 12  # bytes; what comes of the last one before a connection breaks is lost


class Source(NamedTuple):
    """A file elsewhere."""

    url: str
    sha256: str
    name: str  # in the cache


SHAKESPEARE = Source(
    "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
    "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
    "tinyshakespeare.txt",
)


def tiny_shakespeare() -> str:
    """A million characters of Shakespeare's plays (public domain), as char-rnn (Karpathy, 2015) gathered them."""
    return fetch(SHAKESPEARE).read_text(encoding="utf-8")


def cache() -> Path:
    """Where fetched files lie: the folder in UNROLLED_CACHE, or the system's for such things."""
    return Path(os.environ.get("UNROLLED_CACHE") or platformdirs.user_cache_dir("unrolled"))


def fetch(source: Source, wait: tuple[float, float] = WAIT) -> Path:
    """The file in the cache, fetched if it isn't there, or is another one.

    What came of it before a connection broke is kept and gone on with. Raises ConnectionError, with what to do
    offline, where the server can't be reached or breaks off again and again; ValueError where what came is not the
    file that is wanted, of which nothing is kept.
    """
    file = cache() / source.name
    if file.is_file() and digest(file) == source.sha256:
        return file
    part = file.with_name(f"{file.name}.part")
    part.parent.mkdir(parents=True, exist_ok=True)
    tries = TRIES
    while tries:
        before = size(part)
        try:
            more(source.url, part, wait)
            break
        except requests.RequestException as error:
            tries = TRIES if size(part) > before else tries - 1
            if isinstance(error, requests.HTTPError) or not tries:
                raise ConnectionError(offline(source, file, error)) from None
    found = digest(part)
    if found != source.sha256:
        part.unlink()
        raise ValueError(
            f"{source.url} gave another file: its SHA-256 is {found}, {source.sha256} is wanted. Nothing of it was kept"
        )
    os.replace(part, file)
    return file


def more(url: str, part: Path, wait: tuple[float, float]) -> None:
    """Append what is missing of a file; a server that can't go on in the middle sends all of it again."""
    done = size(part)
    headers = {"Range": f"bytes={done}-", "Accept-Encoding": "identity"} if done else {"Accept-Encoding": "identity"}
    with requests.get(url, headers=headers, stream=True, timeout=wait) as answer:
        if answer.status_code == requests.codes.requested_range_not_satisfiable:
            return  # all of it had come; or it is another file, which its checksum tells
        answer.raise_for_status()
        goes_on = answer.status_code == requests.codes.partial_content
        total = int(answer.headers.get("Content-Length", 0)) + (done if goes_on else 0)
        with (
            part.open("ab" if goes_on else "wb") as file,
            tqdm(total=total or None, initial=done if goes_on else 0, unit="B", unit_scale=True, leave=False) as bar,
        ):
            for piece in answer.iter_content(PIECE):
                file.write(piece)
                bar.update(len(piece))


def offline(source: Source, file: Path, error: Exception) -> str:
    reason = type(error).__name__ if not isinstance(error, requests.HTTPError) else str(error.response.status_code)
    if file.is_file():
        return (
            f"{source.url} can't be fetched ({reason}), and {file} is there but is another file: its SHA-256 is "
            f"{digest(file)}, {source.sha256} is wanted. Other line ends would do that: save it as it comes"
        )
    return (
        f"{source.url} can't be fetched ({reason}). Offline? On a machine that is online, save it as {file.name}, put "
        f"it into {file.parent}, and run this again; or use a text of your own, which every command takes"
    )


def size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
