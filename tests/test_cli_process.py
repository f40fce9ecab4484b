"""The command line as a process of its own, its help, and its exit codes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

import facefx
from cli_helpers import run
from facefx import errors
from facefx.cli import app
from facefx.cli.exit_codes import ExitCode, code_of, table

pytestmark = pytest.mark.slow

COMMANDS = ("apply", "batch", "parse", "analyze", "effects", "models", "plugins", "doctor", "video", "live")


def process(*arguments: str, stdout: int = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    home = str(Path(facefx.__file__).parents[1])
    environment = os.environ | {"PYTHONPATH": home, "FACEFX_PLUGINS": "off"}
    return subprocess.run(
        [sys.executable, *arguments], stdout=stdout, stderr=subprocess.PIPE, text=True, env=environment, check=False
    )


def test_nothing_heavy_is_imported_for_help() -> None:
    program = (
        "import sys, typer, facefx.cli; typer.main.get_command(facefx.cli.app); "
        "print(*{'numpy', 'cv2', 'onnxruntime', 'PIL', 'yaml', 'pluggy'} & set(sys.modules))"
    )
    done = process("-c", program)
    assert (done.returncode, done.stdout, done.stderr) == (0, "\n", "")


def test_help_names_all_commands_and_exit_codes() -> None:
    shown = run("--help").stdout
    for words in (*COMMANDS, *(code.meaning for code in ExitCode)):
        assert words in shown
    assert run("--version").stdout.startswith("facefx ")
    assert run("nothing").exit_code == ExitCode.USAGE


ADDED = tuple(("models", name) for name in ("add", "remove", "verify", "check"))


@pytest.mark.parametrize("command", [*((name,) for name in COMMANDS), *ADDED], ids=" ".join)
def test_every_command_has_help_for_every_option(command: tuple[str, ...]) -> None:
    found = typer.main.get_command(app)
    for name in command:
        found = found.commands[name]
    shown, parameters = run(*command, "-h").stdout, found.params
    for parameter in parameters:
        assert parameter.help
        assert parameter.opts[0] in shown or parameter.param_type_name == "argument"


def test_every_error_has_an_exit_code() -> None:
    codes = {
        errors.NoFaceFound: 3, errors.ImageError: 4, errors.ParameterError: 5, errors.UnknownName: 5, errors.AmbiguousName: 5,
        errors.LookError: 5, errors.OutputError: 6, errors.ModelError: 7, errors.PluginError: 7, errors.MissingExtra: 7,
        errors.RegionUnavailable: 7, errors.EffectError: 7, errors.FacefxError: 7,
    }  # fmt: skip
    assert set(codes) == {getattr(errors, name) for name in errors.__all__}
    for kind, code in codes.items():
        arguments = {"UnknownName": ("effect", "x", ["y"]), "AmbiguousName": ("effect", "x", ["y"]), "MissingExtra": ("a", "b")}
        assert code_of(kind(*arguments.get(kind.__name__, ("x",)))) == code
    assert "130" in table()


def test_an_error_is_one_line_and_no_traceback(tmp_path: Path) -> None:
    done = process("-m", "facefx.cli", "effects", "nothing")
    assert (done.returncode, done.stdout) == (ExitCode.BAD_REQUEST, "")
    assert done.stderr.startswith("facefx: no effect is called 'nothing'.")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.slow
def test_a_broken_pipe_is_quiet() -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    try:
        done = process("-m", "facefx.cli", "effects", stdout=write_end)
    finally:
        os.close(write_end)
    assert (done.returncode, done.stderr) == (ExitCode.BROKEN_PIPE, "")


def test_what_the_terminal_cannot_show_is_escaped() -> None:
    done = process("-c", r"import facefx.cli; facefx.cli.app = lambda: print('\udcff.png'); facefx.cli.main()")
    assert (done.returncode, done.stdout, done.stderr) == (0, "\\udcff.png\n", "")
