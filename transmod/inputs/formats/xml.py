"""Read XML of any size as a stream of elements: nothing of it is kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from xml.parsers import expat

from transmod.errors import InputError
from transmod.inputs.formats.packed import open_packed

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]
Text = Callable[[str], None]

_BUFFER = 2**18


def walk_xml(path: Path, start: Start, end: End | None = None, text: Text | None = None) -> None:
    """
    Call `start` with name and attributes of each element, `end` with its name, `text` between.

    Raises
    ------
    InputError
        If the file is no whole XML; the line is named.
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
    try:
        parser.Parse(head, False)
    except (_RootFoundError, expat.ExpatError):
        pass
    return found[0] if found else None
