"""Accounts from elsewhere: every line ends as an account or among the refused, whatever stops the import."""

import csv
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.accounts import registering, store
from chalicelib.accounts.account import Fields
from infra import import_accounts
from infra.import_accounts import CannotBegin, import_file
from infra.measure_import import measured_apart, table_apart, write_accounts
from infra.template import PROJECT, read_yaml
from tests.environment import ENVIRONMENT, of_a_desk

HEAD = "account_id,email,name,country,language,attributes.last_invoice_number\n"


@pytest.fixture(autouse=True)
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with of_a_desk(monkeypatch):
        wanted = read_yaml(PROJECT / "infra" / "foundations.yaml")["Resources"]["Accounts"]["Properties"]
        made = {name: wanted[name] for name in ("AttributeDefinitions", "KeySchema", "BillingMode")}
        indexes = wanted["GlobalSecondaryIndexes"]
        boto3.client("dynamodb").create_table(
            TableName=ENVIRONMENT["ACCOUNTS_TABLE"], GlobalSecondaryIndexes=indexes, **made
        )
        yield


def written(folder: Path, text: str | bytes, name: str = "accounts.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refused(path: Path) -> dict[int, str]:
    """Number of line and reason, as the file of the refused has them."""
    with path.with_name(f"{path.name}.refused.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["line", "reason"]
    return {int(number): reason for number, reason in rows[1:]}


# ── what is read ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_csv_names_its_columns_and_an_empty_cell_says_nothing(tmp_path: Path) -> None:
    line = 'lan,lan@khach.example,"Nguyễn Thị ""Lan"", Hà Nội",VN,,HD-7\n'
    assert import_file(written(tmp_path, "\ufeff" + HEAD + line)) == {"new": 1, "refused": 0}
    assert store.find("lan").fields == Fields(
        email="lan@khach.example", name='Nguyễn Thị "Lan", Hà Nội', country="VN",
        attributes={"last_invoice_number": "HD-7"},
    )  # fmt: skip


def test_json_lines_are_what_put_takes_and_the_id(tmp_path: Path) -> None:
    said = {"account_id": "john", "email": "john@customer.example", "language": "en", "attributes": {"tier": "gold"}}
    path = written(tmp_path, json.dumps(said) + "\n\n", "accounts.jsonl")
    assert import_file(path) == {"new": 1, "refused": 0}
    assert store.find("john").fields == Fields(
        email="john@customer.example", language="en", attributes={"tier": "gold"}
    )


@pytest.mark.parametrize(
    "head",
    ["", "email,name\n", "account_id\n", "account_id,email,emali\n", "account_id,email,email\n",
     "account_id,email,attributes\n", 'account_id,"email\n'],
)  # fmt: skip
def test_a_csv_whose_columns_are_not_known_is_not_begun(tmp_path: Path, head: str) -> None:
    with pytest.raises(CannotBegin):
        import_file(written(tmp_path, head + "lan,lan@khach.example\n"))
    assert not list(tmp_path.glob("*.refused.csv"))


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────────────


def test_each_refused_line_stands_there_with_its_number_and_reason_and_nothing_that_it_held(tmp_path: Path) -> None:
    lines = [
        b"good,good@khach.example,,VN,vi,\n",  # line 2
        b"bad id,not an address,,VN,vi,\n",
        b"b,b@khach.example,,Vietnam,vi,\n",
        b"c,c@khach.example\n",
        b'd,d@khach.example,"never closed,VN,vi,\n',
        b"e,e@khach.example,\xff\xfe,VN,vi,\n",
        b"f,support@desk.example,,VN,vi,\n",
        b"\n",
        b"g,g@khach.example," + b"x" * 300_000 + b",VN,vi,\n",
        b"last,last@khach.example,,VN,en,\n",
    ]
    path = written(tmp_path, HEAD.encode() + b"".join(lines))
    assert import_file(path) == {"new": 2, "refused": 7}
    assert store.look_for("good")
    assert store.look_for("last")
    found = refused(path)
    assert list(found) == [3, 4, 5, 6, 7, 8, 10]
    assert found[3] == "email: This does not have the right form. account_id: This does not have the right form."
    assert found[4] == "country: This does not have the right form."
    assert (found[5], found[6]) == (import_accounts.CELLS, import_accounts.NOT_CSV)
    assert found[7] == "name: This holds a character that can't be stored, such as a control character."
    assert found[8] == f"email: {registering.NOT_OURS}"
    assert found[10] == "The request is larger than we read."
    assert "not an address" not in str(found)


def test_an_account_that_is_being_erased_is_refused_and_its_neighbours_are_not(tmp_path: Path) -> None:
    account, _ = registering.register("lan", Fields(email="lan@khach.example"))
    table = boto3.resource("dynamodb").Table(ENVIRONMENT["ACCOUNTS_TABLE"])
    table.update_item(
        Key={"account_id": "lan"}, UpdateExpression="SET #s = :c", ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":c": "closing"},
    )  # fmt: skip
    table.put_item(Item={"account_id": "closing#mai", "number": "SO-222222"})  # its record is gone, the closure is not
    rows = "".join(f"{each},{each}@khach.example,New,VN,vi,\n" for each in ("a", "lan", "mai", "z"))
    path = written(tmp_path, HEAD + rows)
    assert import_file(path) == {"new": 2, "refused": 2}
    closing = "This account is being erased; it can be registered again afterwards."
    assert refused(path) == {3: closing, 4: closing}
    assert store.find("lan").fields == account.fields
    assert store.look_for("mai") is None


# ── rules of PUT ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_living_account_keeps_its_generation_and_an_address_that_changed_is_remembered(tmp_path: Path) -> None:
    old, _ = registering.register("lan", Fields(email="old@khach.example", phone="1"))
    assert import_file(written(tmp_path, HEAD + "lan,new@khach.example,,VN,vi,\n")) == {"replaced": 1, "refused": 0}
    now = store.find("lan")
    assert now.generation == old.generation
    assert (now.fields.phone, now.previous_address) == (None, "old@khach.example")


def test_what_stands_there_already_is_left_as_it_is(tmp_path: Path) -> None:
    path = written(tmp_path, HEAD + "lan,lan@khach.example,,VN,vi,\n")
    import_file(path)
    before = store.find("lan")
    assert import_file(path) == {"unchanged": 1, "refused": 0}
    assert store.find("lan") == before


def test_of_two_lines_for_one_account_the_later_one_counts(tmp_path: Path) -> None:
    rows = "lan,first@khach.example,,VN,vi,\nlan,second@khach.example,,VN,vi,\n"
    assert import_file(written(tmp_path, HEAD + rows)) == {"new": 1, "replaced": 1, "refused": 0}
    assert store.find("lan").fields.email == "second@khach.example"


# ── stopped, killed, begun again ─────────────────────────────────────────────────────────────────────────────


class Stopped(Exception):
    """Somebody pressed Ctrl-C."""


def test_an_import_that_was_stopped_goes_on_where_it_was_and_refuses_nothing_twice(tmp_path: Path) -> None:
    rows = [f"acc-{n},{'no address' if n % 10 == 0 else f'{n}@khach.example'},,VN,vi,\n" for n in range(200)]
    path = written(tmp_path, HEAD + "".join(rows))
    lines = []

    def stop(position: import_accounts.Position) -> None:
        lines.append(position.line)
        if len(lines) == 2:
            raise Stopped()

    with pytest.raises(Stopped):
        import_file(path, tell=stop)
    assert import_file(path, tell=lambda now: lines.append(now.line)) == {"new": 180, "refused": 20}
    assert lines == sorted(set(lines))
    assert list(refused(path)) == list(range(2, 202, 10))
    assert not path.with_name("accounts.csv.position").exists()


def test_lines_that_were_refused_after_the_last_position_are_not_there_twice(tmp_path: Path) -> None:
    """A kill between the writing of what was refused and of the position."""
    path = written(tmp_path, HEAD + "".join(f"{n},nobody,,VN,vi,\n" for n in range(100)))

    def stop(_: import_accounts.Position) -> None:
        raise Stopped()

    with pytest.raises(Stopped):
        import_file(path, tell=stop)
    with path.with_name("accounts.csv.refused.csv").open("a", encoding="utf-8") as file:
        file.write("52,half a li")
    assert import_file(path)["refused"] == 100
    assert list(refused(path)) == list(range(2, 102))


def test_a_file_that_changed_since_is_begun_anew(tmp_path: Path) -> None:
    path = written(tmp_path, HEAD + "".join(f"{n},{n}@khach.example,,VN,vi,\n" for n in range(100)))

    def stop(_: import_accounts.Position) -> None:
        raise Stopped()

    with pytest.raises(Stopped):
        import_file(path, tell=stop)
    written(tmp_path, HEAD + "new,new@khach.example,,VN,vi,\n")
    assert import_file(path) == {"new": 1, "refused": 0}


def test_an_import_that_loses_its_table_says_so_and_goes_on_later(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, HEAD + "lan,lan@khach.example,,VN,vi,\n")
    table, name = boto3.client("dynamodb"), ENVIRONMENT["ACCOUNTS_TABLE"]
    table.delete_table(TableName=name)
    assert import_accounts.main([str(path)]) == 2
    assert "goes on from there" in capsys.readouterr().err


def test_the_command_says_how_many_lines_became_what(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, HEAD + "lan,lan@khach.example,,VN,vi,\nmai,nobody,,VN,vi,\n")
    assert import_accounts.main([str(path)]) == 1
    assert "1 new, 0 replaced, 0 unchanged, 1 refused" in capsys.readouterr().out
    assert import_accounts.main([str(tmp_path / "missing.csv")]) == 2


def test_a_killed_import_goes_on_in_a_new_process_and_its_memory_stays_flat(tmp_path: Path) -> None:
    path = tmp_path / "accounts.csv"
    write_accounts(path, 600)
    program = (
        "import os, signal, sys; from pathlib import Path; from infra.import_accounts import import_file\n"
        "import_file(Path(sys.argv[1]), tell=lambda _: os.kill(os.getpid(), signal.SIGKILL))"
    )
    with table_apart() as environment:
        killed = subprocess.run([sys.executable, "-c", program, path], cwd=PROJECT, env=environment, check=False)
        assert killed.returncode == -signal.SIGKILL
        assert json.loads(path.with_name("accounts.csv.position").read_text("utf-8"))["line"] == 1 + registering.AT_ONCE
        found = measured_apart(path, environment)
    assert found["counts"] == {"new": 600, "refused": 0}  # those from before the kill are counted, too
    assert found["kb_at_the_end"] - found["kb_at_a_tenth"] < 4_096


@settings(derandomize=True, max_examples=100, deadline=None, database=None)
@given(
    lines=st.lists(st.binary(max_size=60).map(lambda raw: raw.replace(b"\n", b" ")), max_size=20), is_csv=st.booleans()
)
def test_no_line_is_lost_whatever_its_bytes(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], is_csv: bool
) -> None:
    folder = tmp_path_factory.mktemp("any")
    path = folder / ("any.csv" if is_csv else "any.jsonl")
    path.write_bytes((HEAD.encode() if is_csv else b"") + b"\n".join(lines) + b"\n")
    counts = import_file(path)
    said = [number for number, line in enumerate(lines, 2 if is_csv else 1) if line.strip(b" \t\r\n")]
    assert counts.total() == len(said)
    assert set(refused(path)) <= set(said)
