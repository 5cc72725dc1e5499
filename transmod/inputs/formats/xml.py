"""Read XML of any size as a stream of elements: nothing of it is kept."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from xml.parsers import expat

from transmod.errors import InputError
from transmod.inputs.formats.packed import open_packed

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]
Text = Callable[[str], None]

_BUFFER = 2**18


def walk_xml(
    path: Path, what: str, start: Start, end: End | None = None, text: Text | None = None
) -> None:
    """
    Call `start` with name and attributes of each element, `end` with its name, `text` between.

    Parameters
    ----------
    path : Path
        The file, packed or not.
    what : str
        What it must be, for sentences.
    start, end, text : callable
        May raise KeyError for an attribute that is missing, ValueError for one that has no sense.

    Raises
    ------
    InputError
        If the file is no whole XML, or not what it must be; the line is named.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    if end is not None:
        parser.EndElementHandler = end
    if text is not None:
        parser.CharacterDataHandler = text
    with open_packed(path) as stream:
        try:
            while block := stream.read(_BUFFER):
                parser.Parse(block, False)
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            said = expat.errors.messages[error.code]
            raise InputError(
                f"{path} must be whole XML: {said}, in line {error.lineno}. Was it copied while "
                f"it was still written?"
            ) from error
        except (KeyError, ValueError) as error:
            said = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            line = parser.CurrentLineNumber
            raise InputError(f"{path} must be {what}: {said}, in line {line}.") from error


class _RootFoundError(Exception):
    """The root is known: the rest need not be read."""


def find_root(head: bytes) -> str | None:
    """Return the name of the root element of XML that begins with `head`; None if it is no XML."""
    found: list[str] = []

    def start(name: str, _attributes: dict[str, str]) -> None:
        found.append(name)
        raise _RootFoundError

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    with suppress(_RootFoundError, expat.ExpatError):
        parser.Parse(head, False)
    return found[0] if found else None
