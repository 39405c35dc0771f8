"""What a command is: a name, its options, a run that returns JSON values, and how a person reads them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Value = Mapping[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What a command found: one JSON value, and the exit code (1 only where the command's contract says so)."""

    value: Value
    code: int = 0


@dataclass(frozen=True)
class Command:
    """One row of `engine.cli.commands.COMMANDS`.

    Parameters
    ----------
    name
        The word after ``python -m engine``.
    help
        One line for ``--help``.
    add_arguments
        Adds the command's options to its parser; ``--json`` is added for every command.
    run
        Reads the parsed options, asks the engine, returns an `Outcome`; raises ``InvalidData``.
    show
        The outcome's value as plain text for a terminal.
    """

    name: str
    help: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], Outcome]
    show: Callable[[Value], str]
