"""What a reader hands to a command: files that may be empty, cut short or in another encoding."""

from pathlib import Path


class Refused(ValueError):
    """What came can't be used; its text is one clear line, and the command ends with exit code 2."""


def text(path: str | Path) -> str:
    """A text file in UTF-8, with every line ended as here (CRLF is read as LF)."""
    path = Path(path)
    try:
        found = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise Refused(f"{path} is not there; a text file is wanted") from None
    except IsADirectoryError:
        raise Refused(f"{path} is a folder; a text file is wanted") from None
    except PermissionError:
        raise Refused(f"{path} may not be read; its permissions forbid it") from None
    except UnicodeDecodeError as error:
        raise Refused(
            f"{path} is not UTF-8 (byte {error.start + 1} can't be read); save it as UTF-8, as most editors offer"
        ) from None
    if not found.strip():
        raise Refused(f"{path} is empty; a text is wanted")
    return found.removeprefix("\N{BYTE ORDER MARK}")
