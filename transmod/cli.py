"""The command line: one verb, one function."""

import typer

app = typer.Typer(no_args_is_help=True)
