"""holders.toml: read whole, every fault told at once; and a new kind is one file."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.closure import holders, holders_list
from chalicelib.closure.holders.dynamodb import DynamoDbHolder
from chalicelib.closure.ledger import Look
from chalicelib.problems import SettingsWrong
from infra.template import PROJECT
from tests.closure.company import LAN, never

LIST = (PROJECT / "chalicelib" / "closure" / "holders.toml").read_text("utf-8")
WORDS = {"stage": "prod", "user_pool": "eu-west-1_abc"}
ORDERS = '[[holder]]\nname = "orders"\nkind = "dynamodb"\ntable = "{stage}-orders"\nkey = "account_id"\n'


WEBHOOK = '[[holder]]\nname = "crm"\nkind = "webhook"\nurl = "https://crm.example/"\nkey = "/crm"\n'


def faults(text: str) -> list[str]:
    with pytest.raises(SettingsWrong) as wrong:
        holders_list.read(text, WORDS)
    return list(wrong.value.wrong)


def test_the_list_that_is_deployed_can_be_used() -> None:
    assert list(holders_list.read(LIST, WORDS)) == ["orders", "files"]


def test_every_example_of_the_list_can_be_used_as_it_stands_and_there_is_one_of_each_kind() -> None:
    all_of_it = re.sub(r"^# (\[\[holder\]\]|[a-z_]+ = )", r"\1", LIST, flags=re.MULTILINE)
    found = holders_list.read(all_of_it, WORDS)
    kinds = {type(each.holder).__module__.rpartition(".")[2] for each in found.values()}
    assert kinds == set(holders_list.kinds())


def test_holders_come_in_the_order_of_the_list_with_the_words_of_the_settings_filled_in() -> None:
    found = holders_list.read(ORDERS.replace("orders", "b") + ORDERS.replace("orders", "a"), WORDS)
    assert list(found) == ["b", "a"]
    assert found["a"].holder == DynamoDbHolder(table="prod-a", key="account_id")


@pytest.mark.parametrize(
    ("more", "settle"), [("", 0), ("settle = 30", 30), ('index = "by_a"', 10), ('index = "by_a"\nsettle = 0', 0)]
)
def test_an_index_settles_in_ten_seconds_and_anything_in_the_time_it_is_given(more: str, settle: int) -> None:
    assert holders_list.read(ORDERS + more, WORDS)["orders"].settle == settle


def test_an_operator_may_part_keys_as_their_own_system_does() -> None:
    found = holders_list.read(ORDERS + 'value = "ACC\\u001f{account_id}\\n"\n', WORDS)["orders"]
    assert found.holder == DynamoDbHolder(table="prod-orders", key="account_id", value="ACC\x1f{account_id}\n")


def test_every_fault_of_every_holder_is_told_at_once() -> None:
    text = """
    [[holder]]
    name = "files"
    kind = "s3"
    prefix = "{account_id}"
    buckt = "files"

    [[holder]]
    name = "account"
    kind = "paper"

    [[holder]]
    name = "files"
    kind = "cognito"
    user_pool = "{pool}"

    [[holder]]
    kind = "dynamodb"
    table = 5
    key = "account_id"
    settle = true
    value = "ACCOUNT"

    [[holder]]
    name = "crm"
    kind = "webhook"
    url = "http://crm.example/"
    key = "crm"
    timeout = 900
    """
    assert faults(text) == [
        "HOLDERS: holder 1 (files): bucket: This field is required.",
        "HOLDERS: holder 1 (files): prefix: must hold {account_id}/, with the slash",
        "HOLDERS: holder 1 (files): buckt: There is no such field.",
        "HOLDERS: holder 2 (account): the account record is always there and isn't listed",
        "HOLDERS: holder 2 (account): there is no kind 'paper', only cognito, dynamodb, s3, webhook",
        "HOLDERS: holder 3 (files): another one has this name",
        "HOLDERS: holder 3 (files): there is no {pool} to fill in",
        "HOLDERS: holder 3 (files): give either username or attribute",
        "HOLDERS: holder 4 (without a name): name: This field is required.",
        "HOLDERS: holder 4 (without a name): settle: This must be a whole number.",
        "HOLDERS: holder 4 (without a name): table: This must be text.",
        "HOLDERS: holder 4 (without a name): value: must hold {account_id}",
        "HOLDERS: holder 5 (crm): url: must be an https:// address",
        "HOLDERS: holder 5 (crm): key: This does not have the right form.",
        "HOLDERS: holder 5 (crm): timeout: This must be at most 60.",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[[holder", "HOLDERS: not TOML"),
        ("[holder]\nname = 'a'", "HOLDERS: each holder is a table, [[holder]]"),
        ("holder = [1]", "HOLDERS: each holder is a table, [[holder]]"),
        ("[[holders]]", "HOLDERS: there is no 'holders', only [[holder]]"),
        (
            ORDERS.replace('"orders"', '"Orders of Lan"'),
            "HOLDERS: holder 1 (Orders of Lan): name: This does not have the right form.",
        ),
        (ORDERS.replace('"orders"', "[1]"), "HOLDERS: holder 1 ([1]): name: This must be text."),
        (WEBHOOK + "timeout = nan", "HOLDERS: holder 1 (crm): timeout: This must be more than 0."),
        (ORDERS + "settle = -1", "HOLDERS: holder 1 (orders): settle: This must be at least 0."),
    ],
)
def test_a_list_of_another_shape_is_refused(text: str, fault: str) -> None:
    assert faults(text)[0].startswith(fault)


def test_an_empty_list_leaves_the_account_record_alone() -> None:
    assert holders_list.read("", WORDS) == {}


# ── a new kind is one file: docs/holders.md ──────────────────────────────────────────────────────────────────

SAMPLE = PROJECT / "docs" / "examples" / "drawer.py"


@pytest.fixture
def drawer(tmp_path: Path) -> Iterator[Path]:
    """The file of docs/holders.md, laid beside the kinds that are there."""
    (tmp_path / "drawer.py").write_text(SAMPLE.read_text("utf-8"), "utf-8")
    holders.__path__.append(str(tmp_path))
    yield tmp_path
    holders.__path__.remove(str(tmp_path))


def test_one_more_file_is_one_more_kind(drawer: Path, tmp_path: Path) -> None:
    folder = tmp_path / "of-the-cabinet"
    (folder / LAN.account_id).mkdir(parents=True)
    (folder / LAN.account_id / "contract.txt").write_text("signed")
    text = f'[[holder]]\nname = "cabinet"\nkind = "drawer"\nfolder = "{folder}"\nsettle = 5\n'
    found = holders_list.read(text, WORDS)["cabinet"]
    assert found.settle == 5
    assert found.holder.look(LAN) == Look(found="some", count=1)
    for _ in range(2):
        found.holder.erase(LAN, enough=never)
    assert found.holder.look(LAN) == Look(found="nothing")


def test_the_settings_of_a_new_kind_are_checked_like_those_of_the_others(drawer: Path) -> None:
    text = '[[holder]]\nname = "cabinet"\nkind = "drawer"\nfolder = 5\nlabel = "x"\n'
    assert faults(text) == [
        "HOLDERS: holder 1 (cabinet): folder: This must be text.",
        "HOLDERS: holder 1 (cabinet): label: There is no such field.",
    ]


def test_the_sample_kind_is_the_one_that_the_paper_shows() -> None:
    assert SAMPLE.read_text("utf-8").strip() in (PROJECT / "docs" / "holders.md").read_text("utf-8")
