"""`python -m infra.package`: builds what is deployed, build/sam.json and build/deployment.zip.

Chalice packs the app and writes its template, resources.yaml is merged into it, and infra/template.py finishes it.
What Lambda never reads is taken out of the zip, and what is left is looked at: `faults` says what must not go up.
The same code and the same wheels make the same zip, byte for byte, so deploying twice changes nothing.
"""

import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

from chalicelib.clients import SERVICES
from infra import template

BUILD = template.PROJECT / "build"
OLDEST_RUNTIME = (3, 12)  # Lambda creates no function for an older one since July 2026
DEPLOYED = "arm64"
CODE_FOLDER = "/var/task"  # where Lambda lays the zip; tracebacks name files by it
LARGEST = 15_000_000  # bytes; cold starts grow with it, and Lambda's own limit is far away
MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}
"""Lambda's word for an architecture, and that of wheels."""

UNREAD = re.compile(
    r"\.(pyi|py[co]|po|rst)$|(^|/)(tests?/|test_[^/]*\.py$|conftest\.py$|__pycache__/)|^botocore/data/.*/examples-[^/]*$"
)
"""Names of files in the zip that nothing reads when it runs."""

SECRET = re.compile(
    rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/]|\bAKIA[0-9A-Z]{16}\b|whsec_[A-Za-z0-9+/]{32,}"
)
SECRET_NAMES = re.compile(r"(^|/)(\.env[^/]*|credentials|[^/]*\.(key|p12))$")

_CHALICE = """
import sys
from chalice.cli import main
from chalice.config import Config
Config.lambda_architecture = sys.argv.pop(1)
raise SystemExit(main())
"""


class CannotPackage(RuntimeError):
    """The build would not run on Lambda."""


def main() -> int:
    try:
        if sys.version_info < OLDEST_RUNTIME:
            raise CannotPackage(
                f"Packaging needs Python {OLDEST_RUNTIME[0]}.{OLDEST_RUNTIME[1]} or newer, this is "
                f"{sys.version_info.major}.{sys.version_info.minor}: Lambda takes the version that packages. "
                "`make package PYTHON=python3.13` after `make clean` makes the environment anew."
            )
        package(BUILD)
    except CannotPackage as error:
        print(error, file=sys.stderr)
        return 1
    for each in (BUILD / "deployment.zip", BUILD / "sam.json"):
        print(f"{each.relative_to(template.PROJECT)}  {each.stat().st_size / 1e6:.1f} MB")
    return 0


def host() -> str:
    """The architecture of this machine, as Lambda calls it."""
    return "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"


def package(out: Path, project: Path = template.PROJECT, *, architecture: str = DEPLOYED) -> None:
    """Lays sam.json and deployment.zip in `out`. Raises `CannotPackage` if a dependency has no wheel for Lambda, a list
    of holders has a fault, or the zip holds what must not go up."""
    check_holders(project)
    _run_chalice(out, project, architecture)
    packed = _read(out)
    (out / "sam.json").write_text(json.dumps(template.finished(packed, project), indent=2) + "\n", encoding="utf-8")
    prune(out / "deployment.zip")
    if wrong := faults(out / "deployment.zip", architecture):
        raise CannotPackage("\n".join(wrong))


def check_holders(project: Path) -> None:
    """`CannotPackage` with every fault of every list that lies there: which one is used, HOLDERS says when it runs."""
    from chalicelib.closure import holders_list
    from chalicelib.problems import SettingsWrong

    wrong: list[str] = []
    for path in sorted((project / "chalicelib" / "closure").glob("*.toml")):
        try:
            holders_list.read(path.read_text("utf-8"), {"stage": "stage", "user_pool": "user-pool"})
        except SettingsWrong as error:
            wrong += [f"{path.name}: {each}" for each in error.wrong]
    if wrong:
        raise CannotPackage("\n".join(wrong))


def _run_chalice(out: Path, project: Path, architecture: str) -> None:
    command = [sys.executable, "-c", _CHALICE, architecture]
    asked = ["package", "--pkg-format", "cloudformation", "--merge-template", "infra/resources.yaml", str(out)]
    region = {"AWS_DEFAULT_REGION": "us-east-1"}  # only for the names of AWS's services; nothing is called
    done = subprocess.run(
        [*command, *asked], cwd=project, env=dict(os.environ) | region, capture_output=True, text=True, check=False
    )
    told = done.stdout + done.stderr
    # Chalice goes on without a package it can't install, and says so in passing; the function would not import.
    if done.returncode or "Could not install dependencies" in told:
        raise CannotPackage(told)


def _read(out: Path) -> template.Template:
    written = out / "sam.yaml"
    packed = template.read_yaml(written)
    written.unlink()
    return packed


def prune(packed: Path) -> None:
    """Takes out what is never read, and all that depends on when and where it was packed: order and dates. Puts in what
    Lambda, whose code folder can't be written, would compile anew at every cold start."""
    smaller = packed.with_suffix(".smaller")
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(packed) as old:
        for each in old.infolist():
            if is_needed(each.filename) and not each.is_dir():
                old.extract(each, folder)
        if (Path(folder) / "chalicelib").is_dir():
            compile_templates(Path(folder))
        compile_all(Path(folder))
        with zipfile.ZipFile(smaller, "w", zipfile.ZIP_DEFLATED) as new:
            for path in sorted(Path(folder).rglob("*")):
                if path.is_file():
                    plain = zipfile.ZipInfo(path.relative_to(folder).as_posix())
                    plain.external_attr = 0o644 << 16
                    new.writestr(plain, path.read_bytes(), zipfile.ZIP_DEFLATED)
    smaller.replace(packed)


def compile_templates(code: Path) -> None:
    """Those of the desk that lies in this folder, as infra/compiled_templates.py says."""
    command = [sys.executable, "-m", "infra.compiled_templates", str(code.absolute())]
    done = subprocess.run(
        command, cwd=template.PROJECT, env=_with_fixed_hashes(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CannotPackage(done.stderr)


def _with_fixed_hashes() -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return own | {"PYTHONHASHSEED": "0"}


def compile_all(folder: Path) -> None:
    """Every module, by this Python, which is that of the function's runtime. Never held against its source's date; in
    an interpreter of its own with fixed hashes, so that the same source makes the same bytes."""
    how = ["-q", "-q", "--invalidation-mode", "unchecked-hash", "-s", str(folder), "-p", CODE_FOLDER]
    subprocess.run(
        [sys.executable, "-m", "compileall", *how, str(folder)], env=_with_fixed_hashes(), check=False
    )  # what doesn't compile is a template of some package's, and isn't imported


def is_needed(name: str) -> bool:
    """Of botocore/data the files beside the folders, and the folders of `SERVICES`; of anything else what is read."""
    parts = name.split("/")
    if parts[:2] == ["botocore", "data"] and len(parts) > 3:
        return parts[2] in SERVICES and not UNREAD.search(name)
    return not UNREAD.search(name)


def _compiled(name: str) -> str:
    folder, _, module = name.rpartition("/")
    return f"{folder}/__pycache__/{module.removesuffix('.py')}.{sys.implementation.cache_tag}.pyc".lstrip("/")


def faults(packed: Path, architecture: str = DEPLOYED) -> list[str]:
    """Why this zip must not go up: its size, what it holds and lacks, and wheels of another machine."""
    wrong = []
    if (size := packed.stat().st_size) > LARGEST:
        wrong.append(f"the zip has {size / 1e6:.1f} MB, more than {LARGEST / 1e6:.0f}")
    with zipfile.ZipFile(packed) as inside:
        names = inside.namelist()
        compiled = {_compiled(name) for name in names if name.endswith(".py")}
        wrong += [f"{name}: nothing reads it" for name in names if not is_needed(name) and name not in compiled]
        wrong += [
            f"{name}: looks like a secret"
            for name in names
            if SECRET_NAMES.search(name) or SECRET.search(inside.read(name))
        ]
        wrong += [f"botocore's data of {each} is missing" for each in sorted(SERVICES - _services(names))]
        for name in names:
            if name.endswith(".dist-info/WHEEL") and not _runs_on(inside.read(name).decode(), architecture):
                wrong.append(f"{name}: not a wheel for {architecture}")
    return wrong


def _services(names: Iterable[str]) -> set[str]:
    """Those whose calls are described in the zip."""
    told = (re.fullmatch(r"botocore/data/([\w-]+)/[\d-]+/service-2\.json(\.gz)?", name) for name in names)
    return {each[1] for each in told if each}


def _runs_on(wheel: str, architecture: str) -> bool:
    platforms = re.findall(r"^Tag: \S+-([^-\s]+)$", wheel, re.MULTILINE)
    return any(each == "any" or each.endswith(f"_{MACHINES[architecture]}") for each in platforms)


if __name__ == "__main__":
    sys.exit(main())
