"""The commands. One more is a module with a `Command` and a line here."""

from __future__ import annotations

from engine.cli.apply import APPLY_COMMAND
from engine.cli.bounds import BOUNDS_COMMAND
from engine.cli.command import Command
from engine.cli.frontier import FRONTIER_COMMAND
from engine.cli.manipulation import MANIPULATION_COMMAND
from engine.cli.rates import RATES_COMMAND
from engine.cli.sweep import SWEEP_COMMAND

COMMANDS: dict[str, Command] = {
    command.name: command for command in (
        RATES_COMMAND, SWEEP_COMMAND, FRONTIER_COMMAND, APPLY_COMMAND, MANIPULATION_COMMAND, BOUNDS_COMMAND,
    )
}
