"""The command `backchannel`, which opens, presents, prints and checks the workbook.

Importing this needs no packages, because `workbook.py` parses its arguments here before it installs anything.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from backchannel_lib.cli.project import CommandError, folder_problem, start_clean


class _Parser(argparse.ArgumentParser):
    """A parser whose options can't be abbreviated. Its subcommands get parsers of the same kind."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings, allow_abbrev=False)


def parse(arguments: Sequence[str] | None) -> tuple[argparse.Namespace, list[str]]:
    """Parse a command line; return its arguments, and those to pass on to pytest or uv.

    Examples:
        >>> args, rest = parse(["test", "-k", "phase"])
        >>> args.command, rest
        ('test', ['-k', 'phase'])
        >>> parse([])[0].command
        'open'
    """
    parser = _Parser(
        prog="backchannel",
        description="Opens the workbook in JupyterLab. `python workbook.py` does the same, and sets it up first.",
        epilog="Setup puts everything into .venv and .venv-tools in the workbook's folder. To remove it, delete both.",
    )
    commands = parser.add_subparsers(dest="command", title="commands")
    opening = commands.add_parser("open", help="open the workbook in JupyterLab (the default)")
    presenting = commands.add_parser("present", help="show the workshop as a full-screen page")
    for one, port in ((parser, "8888"), (opening, "8888"), (presenting, "8866")):
        one.add_argument(
            "--no-browser", action="store_true", default=argparse.SUPPRESS, help="only print the address; don't open a browser"
        )
        port_help = f"the port ({port} or the next free one)"
        one.add_argument("--port", type=int, metavar="N", default=argparse.SUPPRESS, help=port_help)
    presenting.add_argument(
        "--phone",
        nargs="?",
        const="",
        metavar="ADDRESS",
        help="also lead it from your phone: prints a code to scan; ADDRESS is this computer's, if it has several",
    )
    presenting.add_argument(
        "--base-url", metavar="URL", help="the workshop's public address, if it runs on a server behind a reverse proxy"
    )
    presenting.add_argument(
        "--votes-url", metavar="URL", help="the same for votes from phones; they use the next port, or --votes-port"
    )
    presenting.add_argument("--votes-port", type=int, metavar="N", help="this computer's port for --votes-url")
    printing = commands.add_parser("print", help="write the workshop's two sheets: one for participants, one with the answers")
    printing.add_argument("--plan", type=int, metavar="MINUTES", default=45, help="20, 45 or 90 minutes (45)")
    printing.add_argument(
        "--seed", type=int, metavar="N", default=1, help="draws other files; the same number always draws the same ones"
    )
    printing.add_argument("--out", type=Path, metavar="FOLDER", help="where to write them (my_work/sheets)")
    sheet = commands.add_parser("sheet", help="write a saved case's one-page sheet, to show your dean")
    sheet.add_argument("case", type=Path, metavar="CASE.json", help="a case saved in chapter 10")
    sheet.add_argument("--out", type=Path, metavar="FILE", help="an .html or .txt file (the case's name with .html)")
    sheet.add_argument("--at", metavar="TIME", help="the moment of the contact, Eastern, such as 2027-03-15T20:40")
    sheet.add_argument(
        "--unknown", metavar="FIELDS", default="", help="what you don't know, such as sponsors_visas,interviews_failures"
    )
    sheet.add_argument("--text", action="store_true", help="print it as plain text instead")
    sheet.add_argument("--name", default="", help="your name, to print on it")
    sheet.add_argument("--program", default="", help="the program's name, to print on it")
    class_list = commands.add_parser("class", help="write a sheet for each student of a class list")
    class_list.add_argument("students", type=Path, metavar="STUDENTS.csv", help="the students, as CSV or .xlsx")
    class_list.add_argument("--programs", type=Path, metavar="PROGRAMS.csv", help="the programs, as CSV or .xlsx")
    class_list.add_argument("--out", type=Path, metavar="FOLDER", help="where to write (a folder in my_work/class)")
    class_list.add_argument("--at", metavar="TIME", help="the moment of the contacts, Eastern, such as 2027-03-15T20:40 (now)")
    site = commands.add_parser("site", help="write the workbook as pages for any static host")
    site.add_argument("--out", type=Path, metavar="FOLDER", help="where to write them (my_work/site)")
    site.add_argument("--serve", action="store_true", help="show them on this computer as well")
    site.add_argument("--no-browser", action="store_true", default=argparse.SUPPRESS, help="only print the address")
    site.add_argument("--port", type=int, metavar="N", default=argparse.SUPPRESS, help="the port (8877 or the next free one)")
    testing = commands.add_parser("test", help="run every check; arguments go to pytest: test -k phase, test tests/test_x.py")
    testing.add_argument("--quick", action="store_true", help="only the checks that take seconds: no browsers, no notebooks")
    testing.add_argument(
        "--mutation",
        action="store_true",
        help="change the model in one place at a time and see whether a test notices (takes hours; you can stop and continue)",
    )
    measuring = commands.add_parser("benchmark", help="measure the workbook's speed on this computer")
    measuring.add_argument(
        "names", nargs="*", metavar="NAME", help="the benchmarks to run (the usual ones, which take ten minutes)"
    )
    commands.add_parser("lock", help="update the lock files; arguments go to uv: lock --upgrade")
    args, rest = parser.parse_known_args(arguments)
    args.command = args.command or "open"
    if rest and args.command not in {"test", "lock"}:
        parser.error(f"unknown: {' '.join(rest)}")
    return args, rest


def run(args: argparse.Namespace, rest: Sequence[str]) -> int:
    """Run a parsed command with the arguments to pass on; return the exit code."""
    port, browser = getattr(args, "port", None), not getattr(args, "no_browser", False)
    match args.command:
        case "present":
            from backchannel_lib.cli.present import present

            proxy = (args.base_url, args.votes_url, args.votes_port)
            return present(port, browser=browser, phone=args.phone, proxy=proxy)
        case "print":
            from backchannel_lib.cli.print_sheets import print_sheets

            return print_sheets(args.plan, args.seed, args.out)
        case "sheet":
            from backchannel_lib.cli.write_sheet import write_sheet

            return write_sheet(
                args.case, args.out, args.at, args.unknown, name=args.name, program=args.program, as_text=args.text
            )
        case "class":
            from backchannel_lib.cli.class_list import write_class

            return write_class(args.students, args.programs, args.out, args.at)
        case "site":
            from backchannel_lib.cli.build_site import site

            return site(args.out, serve=args.serve, port=port, browser=browser)
        case "test" if args.mutation:
            from backchannel_lib.cli.run_checks import require_test_packages

            require_test_packages()
            from backchannel_lib.cli.mutation import run_mutation

            return run_mutation(rest)
        case "test":
            from backchannel_lib.cli.run_checks import run_checks

            return run_checks(rest, quick=args.quick)
        case "benchmark":
            from backchannel_lib.cli.benchmark import benchmark
            from backchannel_lib.cli.run_checks import require_test_packages

            require_test_packages()
            return benchmark(args.names)
        case "lock":
            from backchannel_lib.cli.lock import write_locks

            return write_locks(rest)
        case _:
            from backchannel_lib.cli.open_lab import open_lab

            return open_lab(port, browser=browser)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; return the exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # a character that the terminal can't show must not stop the command
        sys.stdout.reconfigure(errors="replace")
    args, rest = parse(arguments)
    try:
        done = start_clean(sys.argv[1:]) if arguments is None else None
        return run(args, rest) if done is None else done
    except CommandError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"\n{folder_problem(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt as stopped:
        print(f"\n{stopped.args[0] if stopped.args else 'Stopped.'}", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
