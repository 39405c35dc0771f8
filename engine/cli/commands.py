"""The commands. One more is a module with a `Command` and a line here."""

from __future__ import annotations

from engine.cli.apply import APPLY_COMMAND
from engine.cli.bounds import BOUNDS_COMMAND
from engine.cli.calibration import CALIBRATION_COMMAND
from engine.cli.command import Command
from engine.cli.dependence import DEPENDENCE_COMMAND
from engine.cli.drivers import DRIVERS_COMMAND
from engine.cli.flip import FLIP_COMMAND
from engine.cli.frontier import FRONTIER_COMMAND
from engine.cli.gate import GATE_COMMAND
from engine.cli.intersections import INTERSECTIONS_COMMAND
from engine.cli.manipulation import MANIPULATION_COMMAND
from engine.cli.rates import RATES_COMMAND
from engine.cli.report import REPORT_COMMAND
from engine.cli.rerun import RERUN_COMMAND
from engine.cli.score import SCORE_COMMAND
from engine.cli.sweep import SWEEP_COMMAND
from engine.cli.tabulate import MERGE_COMMAND, TABULATE_COMMAND

COMMANDS: dict[str, Command] = {
    command.name: command for command in (
        RATES_COMMAND, SWEEP_COMMAND, FRONTIER_COMMAND, APPLY_COMMAND, MANIPULATION_COMMAND, BOUNDS_COMMAND,
        CALIBRATION_COMMAND,
        TABULATE_COMMAND, MERGE_COMMAND, INTERSECTIONS_COMMAND, DEPENDENCE_COMMAND,
        DRIVERS_COMMAND, FLIP_COMMAND, SCORE_COMMAND, GATE_COMMAND, REPORT_COMMAND, RERUN_COMMAND,
    )
}
