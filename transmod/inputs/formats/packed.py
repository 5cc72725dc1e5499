"""Open files as they are: plain, gzip, bzip2, xz, or a zip with one file in it."""

from __future__ import annotations

import bz2
import codecs
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from transmod.errors import InputError
from transmod.inputs.tables import check_file

_BROKEN = (OSError, EOFError, zipfile.BadZipFile, lzma.LZMAError, zlib.error)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MAC_FOLDER = "__MACOSX/"


@contextmanager
def open_packed(path: Path) -> Iterator[IO[bytes]]:
    """
    Open a file to read its content as a stream of bytes, unpacked on the way.

    Raises
    ------
    InputError
        If it is missing, truncated, or a zip of several files.
    """
    check_file(path)
    with path.open("rb") as file:
        magic = file.read(6)
    try:
        if magic.startswith(b"\x1f\x8b"):
            with gzip.open(path, "rb") as unpacked:
                yield unpacked  # type: ignore[misc]  # a GzipFile is read as any stream of bytes
        elif magic.startswith(b"BZh"):
            with bz2.open(path, "rb") as stream:
                yield stream
        elif magic.startswith(b"\xfd7zXZ"):
            with lzma.open(path, "rb") as stream:
                yield stream
        elif magic.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(path) as archive, archive.open(_only_member(path, archive)) as one:
                yield one
        else:
            with path.open("rb") as stream:
                yield stream
    except _BROKEN as error:
        said = str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
        raise InputError(f"{path} must be a whole file: {said}.") from error


def members_of_zip(path: Path) -> list[str]:
    """Return the names of the files in a zip; none if `path` is no zip."""
    if not zipfile.is_zipfile(path):
        return []
    with zipfile.ZipFile(path) as archive:
        return _members(archive)


def read_head(path: Path, size: int = 2**16) -> bytes:
    """Read the first bytes of a file, unpacked."""
    with open_packed(path) as stream:
        return stream.read(size)


def read_text(path: Path, encoding: str | None = None) -> str:
    """
    Read a whole text file, unpacked.

    Parameters
    ----------
    path : Path
        The file.
    encoding : str, optional
        Default: by its byte order mark, else UTF-8.

    Raises
    ------
    InputError
        If it is no text in that encoding.
    """
    with open_packed(path) as stream:
        content = stream.read()
    chosen = encoding or encoding_of(content[:4])
    try:
        return content.decode(chosen)
    except LookupError as error:
        raise InputError(
            f"--encoding must be one that Python knows: {encoding!r} found."
        ) from error
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path} must be {chosen} text: byte {error.start}, in line {line}, is not. Say what "
            f"it is with --encoding, as cp1252 (Western Windows), gb18030 (Chinese)."
        ) from error


def encoding_of(head: bytes) -> str:
    """Return the encoding that a byte order mark tells; UTF-8 without one."""
    return next((name for mark, name in _BOMS if head.startswith(mark)), "utf-8")


def text_lines(path: Path, encoding: str | None = None) -> Iterator[str]:
    """Yield the lines of a text file one by one, unpacked, without their ends."""
    chosen = encoding or encoding_of(read_head(path, 4))
    with open_packed(path) as stream:
        reader: Any = codecs.getreader(chosen)(stream)
        number = 0
        try:
            for line in reader:
                number += 1
                yield line.rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise InputError(
                f"{path} must be {chosen} text: line {number + 1} is not. Say what it is with "
                f"--encoding, as cp1252 (Western Windows), gb18030 (Chinese)."
            ) from error


def _members(archive: zipfile.ZipFile) -> list[str]:
    names = [info.filename for info in archive.infolist() if not info.is_dir()]
    return [name for name in names if not name.startswith(_MAC_FOLDER)]


def _only_member(path: Path, archive: zipfile.ZipFile) -> str:
    names = _members(archive)
    if len(names) != 1:
        raise InputError(
            f"{path} must hold one file: it holds {len(names)} ({', '.join(names[:5])}). Unpack it "
            f"and name the files."
        )
    return names[0]
