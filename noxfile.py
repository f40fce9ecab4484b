"""What must pass before a change lands, one session each: ``nox -s lint types``, or ``nox`` for all of it.

Sessions run in the environment that nox itself runs in, so nothing is installed twice:

    pip install -e ".[cpu,dev,docs]" -e ./plugins/facefx-example    # and torch and -e ./training for the session training

`.ci/run` makes such an environment in a fresh clone and runs the same sessions; pre-commit runs two of them.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import nox

nox.options.default_venv_backend = "none"
nox.needs_version = ">=2024.10"


def run(session: nox.Session, *command: str, env: dict[str, str] | None = None) -> None:
    """A module of this environment's Python."""
    session.run(sys.executable, "-m", *command, env=env)


@nox.session
def tests(session: nox.Session) -> None:
    """The library's tests, on two processes; arguments after ``--`` go to pytest."""
    run(session, "pytest", "-n", "2", "-q", *session.posargs)


@nox.session(venv_backend="venv", python=["3.11", "3.12", "3.13", "3.14"], default=False)
def pythons(session: nox.Session) -> None:
    """The fast tests on each of these Pythons that is installed, in an environment of its own with the newest of all libraries."""
    session.install("-e", ".[cpu,test]", "./plugins/facefx-example")
    session.run("python", "-m", "pytest", "-n", "2", "-q", "-m", "not slow", *session.posargs)


#: What the tests need beside the library, of any version. schemathesis is left out, since it needs a newer rich.
_TEST_TOOLS = ["pytest", "pytest-xdist", "pytest-timeout", "hypothesis", "scikit-image", "onnx", "httpx", "python-xlib"]
_TESTED_LOWEST = "cpu", "heif", "live", "studio"
#: Tests of what speaks with those libraries.
_OF_LIBRARIES = (
    "cli_*", "image*", "animation", "video_files", "models", "runtime", "plugins", "chains", "masks", "blend", "serve", "studio",
)  # fmt: skip


@nox.session(venv_backend="venv", default=False)
def lowest(session: nox.Session) -> None:
    """The fast tests of what speaks with libraries, with the lowest versions that pyproject.toml allows, in its own environment."""
    project = nox.project.load_toml("pyproject.toml")["project"]
    asked = [*project["dependencies"], *(one for extra in _TESTED_LOWEST for one in project["optional-dependencies"][extra])]
    constraints = Path(session.create_tmp(), "lowest.txt").resolve()  # of OpenCV's four numbers two are named
    constraints.write_text("".join(f"{one.replace('>=', '==', 1)}{'.*' * ('opencv' in one)}\n" for one in asked), "utf-8")
    session.install("-c", str(constraints), "-e", f".[{','.join(_TESTED_LOWEST)}]", *_TEST_TOOLS)
    session.install("--no-deps", "./plugins/facefx-example")
    # Of libraries as old as these the newest ones that they import say that they are deprecated.
    ignored = "-W", "ignore::DeprecationWarning"
    files = [str(path) for name in _OF_LIBRARIES for path in sorted(Path("tests").glob(f"test_{name}.py"))]
    session.run("python", "-m", "pytest", "-n", "2", "-q", "-m", "not slow", *ignored, *files, *session.posargs)


@nox.session
def plugins(session: nox.Session) -> None:
    """The plugins' own tests; what needs the packages that they wrap skips where these are not installed."""
    run(session, "pytest", "-q", "-c", "pyproject.toml", "plugins/facefx-example")
    for plugin in ("plugins/facefx-mediapipe", "plugins/facefx-deepface"):
        run(session, "pytest", "-q", "-c", f"{plugin}/pyproject.toml", f"{plugin}/tests")


@nox.session
def lint(session: nox.Session) -> None:
    """Style."""
    run(session, "ruff", "check", ".")
    run(session, "ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Types of the library."""
    run(session, "mypy")


@nox.session
def studio(session: nox.Session) -> None:
    """Style, types and unit tests of the studio's page; its tests in a browser are among the library's."""
    if shutil.which("npm") is None:
        session.log("there is no Node here, so the studio's page is not checked: install Node 20 or newer with npm")
        return
    with session.chdir("tests/page"):
        session.run("npm", "ci", "--no-audit", "--no-fund", "--silent", external=True)
        session.run("npm", "run", "--silent", "check", external=True)


@nox.session
def web(session: nox.Session) -> None:
    """What runs in the browser alone: types, style, maths, the build, and its page in Chromium; without Node it is left out."""
    if shutil.which("npm") is None:
        session.skip("npm is not installed, so web/ was not checked: install Node 20 or newer")
    with session.chdir("web"):
        for command in (["ci", "--no-audit", "--no-fund"], ["run", "check"], ["test"], ["run", "build"]):
            session.run("npm", *command, external=True)
    files = "tests/browser/test_web_library.py", "tests/browser/test_web_page.py"
    run(session, "pytest", "-n", "2", "--dist", "loadfile", "-q", *files, *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """The documentation, with its pictures made anew; a broken link or an unknown name is an error."""
    run(session, "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(Path(session.create_tmp(), "site").resolve()))


@nox.session
def training(session: nox.Session) -> None:
    """Types and tests of facefx-training, and the ComfyUI nodes' tests; needs torch."""
    run(session, "mypy", "--config-file", "training/pyproject.toml")
    # One thread a process: two that wait for each other by spinning make a small network thirty times as slow on a busy machine.
    run(session, "pytest", "-n", "2", "-q", "-c", "training/pyproject.toml", "training/tests", env={"OMP_NUM_THREADS": "1"})
    run(session, "pytest", "-q", "-c", "plugins/facefx-comfyui/pyproject.toml", "plugins/facefx-comfyui/tests")
