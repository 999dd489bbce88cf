"""`python -m infra.package`: builds what is deployed, build/sam.json and build/deployment.zip.

Chalice packs the app and writes its template, resources.yaml is merged into it, and infra/template.py finishes it.
The botocore data of services that the desk never calls is taken out of the zip: a third of its size.
"""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

from infra import template

BUILD = template.PROJECT / "build"
OLDEST_RUNTIME = (3, 12)  # Lambda creates no function for an older one since July 2026

SERVICES = frozenset(("cognito-idp", "dynamodb", "events", "s3", "sesv2", "sns", "ssm", "stepfunctions", "sts"))
"""What the desk's code makes a client for; a test holds the code against it."""


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
    for each in sorted(BUILD.iterdir()):
        print(f"{each.relative_to(template.PROJECT)}  {each.stat().st_size / 1e6:.1f} MB")
    return 0


def package(out: Path, project: Path = template.PROJECT) -> None:
    """Lays sam.json and deployment.zip in `out`. Raises `CannotPackage` if a dependency has no wheel for Lambda, or a
    list of holders has a fault."""
    check_holders(project)
    _run_chalice(out, project)
    packed = _read(out)
    (out / "sam.json").write_text(json.dumps(template.finished(packed, project), indent=2) + "\n", encoding="utf-8")
    prune(out / "deployment.zip")


def check_holders(project: Path) -> None:
    """`CannotPackage` with every fault of every list that lies there: which one is used, HOLDERS says when it runs."""
    from chalicelib.closure import holders
    from chalicelib.problems import SettingsWrong

    wrong: list[str] = []
    for path in sorted((project / "chalicelib" / "closure").glob("*.toml")):
        try:
            holders.read(path.read_text("utf-8"), {"stage": "stage", "user_pool": "user-pool"})
        except SettingsWrong as error:
            wrong += [f"{path.name}: {each}" for each in error.wrong]
    if wrong:
        raise CannotPackage("\n".join(wrong))


def _run_chalice(out: Path, project: Path) -> None:
    command = [sys.executable, "-c", "from chalice.cli import main; raise SystemExit(main())"]
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
    """Takes the data of other services out of the zip."""
    smaller = packed.with_suffix(".smaller")
    with zipfile.ZipFile(packed) as old, zipfile.ZipFile(smaller, "w", zipfile.ZIP_DEFLATED) as new:
        for each in old.infolist():
            if is_needed(each.filename):
                new.writestr(each, old.read(each), zipfile.ZIP_DEFLATED)
    smaller.replace(packed)


def is_needed(name: str) -> bool:
    """Of botocore/data the files beside the folders, and the folders of `SERVICES`; of anything else everything."""
    parts = name.split("/")
    return parts[:2] != ["botocore", "data"] or len(parts) == 3 or parts[2] in SERVICES


if __name__ == "__main__":
    sys.exit(main())
