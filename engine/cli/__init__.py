"""The command line: parse, ask the engine, print. No number is made here, so none can differ from the pages'."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
import traceback
import warnings
from collections.abc import Sequence

from engine import __version__
from engine.cli.command import Outcome
from engine.cli.commands import COMMANDS
from engine.cli.parser import PROGRAM, Parser
from engine.errors import InvalidData
from engine.text import plain

UNUSABLE, BUG, INTERRUPTED = 2, 3, 130
LONGEST_LINE = 4_000
_NEGATIVE = re.compile(r"-(inf|[\d.]+(e[+-]?\d+)?)", re.IGNORECASE)


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code: 0; 1 where the command says so; 2 unusable input; 3 a bug of ours.

    Whatever happens, at most one line goes to stderr and no traceback; ``--help`` leaves by `SystemExit`.
    """
    try:
        options = _parser().parse_args(_signed(arguments))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a library's warning on stderr would break the one-line rule
            outcome = COMMANDS[options.command].run(options)
        return _print(outcome, options)
    except InvalidData as refusal:
        return _complain("; ".join(issue.sentence() for issue in refusal.issues), UNUSABLE)
    except BrokenPipeError:
        # The reader, e.g. `head`, has seen enough. Python would complain when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return _complain("stopped, command line, interrupt, run it again", INTERRUPTED)
    except MemoryError:
        return _complain("the data do not fit, this machine's memory, more rows than it holds, use fewer", UNUSABLE)
    except Exception as bug:
        return _complain(f"this is a bug of ours, {type(bug).__name__}, log {_log(bug)}, please report it", BUG)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog=PROGRAM, description="What does a threshold do to each group? The app's numbers as JSON.")
    parser.add_argument("--version", action="version", version=f"equipoise {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in COMMANDS.values():
        child = commands.add_parser(command.name, help=command.help, description=command.help)
        command.add_arguments(child)
        child.add_argument("--json", action="store_true", help="print one JSON value and nothing else")
    return parser


def _signed(words: Sequence[str]) -> list[str]:
    """Return the words with a negative value joined to its option: argparse takes ``-inf`` for an option."""
    joined: list[str] = []
    for word in words:
        if joined and _NEGATIVE.fullmatch(word) and joined[-1].startswith("--") and "=" not in joined[-1]:
            joined[-1] += f"={word}"
        else:
            joined.append(word)
    return joined


def _print(outcome: Outcome, options: argparse.Namespace) -> int:
    if options.json:
        # Plain ASCII, so that no terminal's or pipe's encoding can refuse a group's name.
        text = json.dumps(outcome.value, allow_nan=False, indent=2)
    else:
        text = COMMANDS[options.command].show(outcome.value)
        encoding = sys.stdout.encoding or "utf-8"
        text = text.encode(encoding, "replace").decode(encoding)
    print(text, flush=True)
    return outcome.code


def _complain(sentence: str, code: int) -> int:
    line = "error: " + plain(sentence, LONGEST_LINE)
    encoding = sys.stderr.encoding or "utf-8"
    print(line.encode(encoding, "backslashreplace").decode(encoding), file=sys.stderr)
    return code


def _log(bug: Exception) -> str:
    """Write where it happened, not the message, which may hold values of the data."""
    try:
        with tempfile.NamedTemporaryFile("w", prefix="equipoise-", suffix=".log", delete=False) as log:
            log.write(f"equipoise {__version__}, Python {sys.version}\n{type(bug).__name__}\n")
            log.writelines(line.encode("ascii", "replace").decode() for line in traceback.format_tb(bug.__traceback__))
            return log.name
    except OSError:
        return "none, as no file could be written"
