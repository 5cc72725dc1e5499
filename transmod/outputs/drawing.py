"""
Figures drawn by a process of their own, beside the writing of tables.

Drawing takes a fifth of a run and waits for nobody; on two cores it costs no time this way. The
process is started early, so that its libraries are loaded when there is something to draw.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from transmod.errors import CheckError

_EXIT_DISK = 3  # an operating system error, whose number comes first on stderr


@dataclass(frozen=True)
class Pen:
    """A process that waits to draw one set of figures."""

    process: subprocess.Popen[bytes]

    def draw(self, **what: Any) -> None:
        """Hand over what `figures.draw_figures` takes; return at once."""
        assert self.process.stdin is not None
        try:
            pickle.dump(what, self.process.stdin, protocol=pickle.HIGHEST_PROTOCOL)
            self.process.stdin.close()
        except BrokenPipeError:
            self.wait()  # it died: say why

    def wait(self) -> None:
        """
        Wait until all is drawn.

        Raises
        ------
        OSError
            If a file could not be written.
        CheckError
            If drawing failed otherwise.
        """
        assert self.process.stderr is not None
        said = self.process.stderr.read().decode("utf-8", "replace").strip()
        code = self.process.wait()
        if code == _EXIT_DISK:
            number, _, text = said.splitlines()[-1].partition(" ")
            raise OSError(int(number), text)
        if code:
            raise CheckError(f"Figures must be drawn: {said.splitlines()[-1:] or [code]}.")


@contextmanager
def pick_up_pen() -> Iterator[Pen]:
    """Start the process; it ends with the block, drawn or not."""
    process = subprocess.Popen(
        [sys.executable, "-m", "transmod.outputs.drawing"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        yield Pen(process)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        for pipe in (process.stdin, process.stderr):
            if pipe is not None and not pipe.closed:
                _close(pipe)


def _close(pipe: Any) -> None:
    try:
        pipe.close()
    except BrokenPipeError:  # what was not yet handed over is lost with the process
        return


def _main() -> int:
    from transmod.outputs.figures import draw_figures

    try:
        what = pickle.load(sys.stdin.buffer)
    except EOFError:  # nothing to draw
        return 0
    try:
        draw_figures(**what)
    except OSError as error:
        sys.stderr.write(f"{error.errno or 0} {error.strerror}\n")
        return _EXIT_DISK
    return 0


if __name__ == "__main__":
    sys.exit(_main())
