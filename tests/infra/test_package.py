"""What is packed: the same zip each time, with all that is read, and nothing that must not go up."""

import os
import re
import sys
import zipfile
from pathlib import Path

import pytest

from chalicelib.clients import SERVICES
from infra import alone, check_package, package, template

ARM = "Wheel-Version: 1.0\nTag: cp313-cp313-manylinux_2_17_aarch64\n"
INTEL = "Wheel-Version: 1.0\nTag: cp313-cp313-manylinux_2_17_x86_64\n"
ANY = "Wheel-Version: 1.0\nTag: py3-none-any\n"


def packed(folder: Path, files: dict[str, str], *, services: frozenset[str] = SERVICES) -> Path:
    """A zip with these files, and botocore's data of these services."""
    path = folder / "deployment.zip"
    with zipfile.ZipFile(path, "w") as out:
        for name, text in files.items():
            out.writestr(name, text)
        for each in services:
            out.writestr(f"botocore/data/{each}/2020-01-01/service-2.json.gz", "{}")
    return path


def test_the_zip_keeps_only_the_services_that_are_called() -> None:
    assert package.is_needed("botocore/data/dynamodb/2012-08-10/service-2.json.gz")
    assert package.is_needed("botocore/data/endpoints.json")
    assert package.is_needed("botocore/session.py")
    assert not package.is_needed("botocore/data/ec2/2016-11-15/service-2.json.gz")


@pytest.mark.parametrize(
    "name",
    [
        "annotated_types/test_cases.py",
        "some/tests/data.json",
        "chalicelib/__pycache__/keys.cpython-313.pyc",
        "cryptography/hazmat/bindings/_rust/__init__.pyi",
        "botocore/data/sts/2011-06-15/examples-1.json",
    ],
)
def test_what_never_runs_is_left_out(name: str) -> None:
    assert not package.is_needed(name)


def test_every_file_of_the_desk_that_lies_in_the_repository_is_read_or_compiled() -> None:
    """Templates, styles, scripts, wording, translations: a new kind of file is not left out by its name."""
    lost = {
        path.suffix
        for path in (template.PROJECT / "chalicelib").rglob("*")
        if path.is_file() and not package.is_needed(path.relative_to(template.PROJECT).as_posix())
    }
    assert lost <= {".pyc", ".po"}


def test_packing_the_same_files_at_another_time_and_in_another_order_makes_the_same_zip(tmp_path: Path) -> None:
    made = []
    for nth, order in enumerate((["a.py", "b.py"], ["b.py", "a.py"])):
        source = tmp_path / str(nth)
        source.mkdir()
        with zipfile.ZipFile(source / "deployment.zip", "w") as out:
            for name in order:
                (source / name).write_text(name)
                os.utime(source / name, (1_700_000_000 + nth * 86_400,) * 2)
                out.write(source / name, name)
        package.prune(source / "deployment.zip")
        made.append((source / "deployment.zip").read_bytes())
    assert made[0] == made[1]


def test_modules_are_compiled_already_and_their_bytes_depend_on_nothing_but_the_source(tmp_path: Path) -> None:
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        path = packed(tmp_path / name, {"room/door.py": 'KINDS = {"a", "b", "c"}\n', "room/old.pyc": "stale"})
        package.prune(path)
        made.append(path.read_bytes())
    with zipfile.ZipFile(path) as inside:
        names = [each for each in inside.namelist() if each.startswith("room/")]
        code = inside.read(names[0])
    assert names == [f"room/__pycache__/door.{sys.implementation.cache_tag}.pyc", "room/door.py"]
    assert code[4:8] == b"\x01\x00\x00\x00"  # PEP 552: by the source's hash, which isn't checked
    assert made[0] == made[1]
    assert package.faults(path) == []


def test_a_sound_zip_has_no_faults(tmp_path: Path) -> None:
    wheels = {"one-1.dist-info/WHEEL": ARM, "two-1.dist-info/WHEEL": ANY}
    assert (
        package.faults(packed(tmp_path, {"app.py": "", "botocore/cacert.pem": "-----BEGIN CERTIFICATE-----"} | wheels))
        == []
    )


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("one-1.dist-info/WHEEL", INTEL, "one-1.dist-info/WHEEL: not a wheel for arm64"),
        ("chalicelib/.env", "", "chalicelib/.env: looks like a secret"),
        ("a.txt", "-----BEGIN PRIVATE KEY-----\nMIIE", "a.txt: looks like a secret"),
        ("a.txt", "whsec_" + "A" * 44, "a.txt: looks like a secret"),
        ("chalicelib/test_keys.py", "", "chalicelib/test_keys.py: nothing reads it"),
    ],
)
def test_what_must_not_go_up_is_named(tmp_path: Path, name: str, text: str, fault: str) -> None:
    assert package.faults(packed(tmp_path, {name: text})) == [fault]


def test_a_service_whose_data_is_missing_is_named(tmp_path: Path) -> None:
    assert package.faults(packed(tmp_path, {}, services=SERVICES - {"sesv2"})) == [
        "botocore's data of sesv2 is missing"
    ]


def test_a_zip_that_is_too_large_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path, {"large.bin": "0" * package.LARGEST})  # stored, not compressed
    (fault,) = package.faults(path)
    assert fault == "the zip has 15.0 MB, more than 15"


def test_a_module_from_outside_the_zip_is_noticed(tmp_path: Path) -> None:
    assert "pytest" in alone.outside(str(tmp_path))


def test_every_function_of_the_template_is_run_by_the_check() -> None:
    app = template.sam_template(region="ap-southeast-1")
    functions = {name for name, each in app["Resources"].items() if each["Type"] == "AWS::Serverless::Function"}
    assert functions == check_package.EVENTS.keys() | {"APIHandler"}


def test_every_service_that_the_code_calls_stays_in_the_zip() -> None:
    called: set[str] = set()
    for path in (template.PROJECT / "chalicelib").rglob("*.py"):
        called |= set(re.findall(r"""\.client\(\s*["']([\w-]+)["']""", path.read_text(encoding="utf-8")))
    assert called <= SERVICES


def test_a_list_of_holders_with_a_fault_is_not_packed(tmp_path: Path) -> None:
    package.check_holders(template.PROJECT)
    folder = tmp_path / "chalicelib" / "closure"
    folder.mkdir(parents=True)
    (folder / "holders.toml").write_text('[[holder]]\nname = "a"\nkind = "s3"\n')
    with pytest.raises(package.CannotPackage) as refused:
        package.check_holders(tmp_path)
    assert str(refused.value).splitlines() == [
        "holders.toml: HOLDERS: holder 1 (a): bucket: This field is required.",
        "holders.toml: HOLDERS: holder 1 (a): prefix: This field is required.",
    ]
