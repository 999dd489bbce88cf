"""The receipt: what it says, that it is the same each time, and that anybody can check it without us."""

import base64
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest

from chalicelib.closure import ledger, signing, verify_receipt
from chalicelib.closure.ledger import Look
from chalicelib.closure.receipt import Document, Issuer, canonical, receipt_of, signed_bytes
from chalicelib.closure.receipt_api import PublicKeys, ReceiptView
from chalicelib.closure.verify_receipt import CANNOT_TELL, GENUINE, NOT_GENUINE, verdict
from chalicelib.problems import NotFound, SettingsWrong
from chalicelib.proof.proving import Seat, Seen, may_have_receipt
from chalicelib.tickets import moves
from chalicelib.tickets.changes import Change
from chalicelib.tickets.moves import Moved
from chalicelib.tickets.ticket import AccountRef, ProofWay, Ticket, TicketNumber
from tests.environment import ENVIRONMENT, of_a_desk

PROJECT = Path(__file__).parents[2]
START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
CLOSED_AT = START + timedelta(days=8)
ISSUER = Issuer(desk="https://desk.example", company="Green Cloud", zone="Asia/Ho_Chi_Minh")
LAW = "Accounting Act 2015"

# RFC 8032, 7.1: the secret and public key of the first test.
SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")


OF_NOW = {"now": "r1", "keys": {"r1": base64.b64encode(SEED).decode()}}


@pytest.fixture(scope="module")
def parameters() -> Iterator[Any]:
    """A desk's settings, and where its parameters lie."""
    with pytest.MonkeyPatch.context() as process, of_a_desk(process):
        aws: Any = boto3  # untyped
        yield aws.client("ssm", region_name="eu-west-1")
    signing.receipt_keys.cache_clear()


@pytest.fixture(scope="module", autouse=True)
def keys_of_now(parameters: Any) -> None:
    _keep(parameters, OF_NOW)


@pytest.fixture
def keep(parameters: Any) -> Iterator[Callable[[Any], None]]:
    """`keep(…)`: until the test ends, these are the keys that sign receipts."""
    yield partial(_keep, parameters)
    _keep(parameters, OF_NOW)


def _keep(parameters: Any, held: Any) -> None:
    name = ENVIRONMENT["RECEIPT_KEYS_PARAMETER"]
    parameters.put_parameter(Name=name, Value=json.dumps(held), Type="SecureString", Overwrite=True)
    signing.receipt_keys.cache_clear()


Keep = Callable[[Any], None]


def coded(key: bytes) -> str:
    return base64.b64encode(key).decode()


def closing() -> Moved:
    """A closure from its opening to the erasing."""
    account = AccountRef(account_id="acc-lan", generation=1_700_000_000_000)
    draft = Ticket(
        number=TicketNumber("SO-7K3M9Q"), kind="closure", status="received", way_in="portal", language="vi",
        opened_at=START, changed_at=START, due_at=START + timedelta(days=20), answer_by=START + timedelta(days=2),
        who="acc-lan", account=account, guards=account, proof="sign_in", proved_at=START, word_at=START,
        asker_is_owner=True, subject="Hủy tài khoản",
    )  # fmt: skip
    moved = moves.opened(draft, by="customer")
    closes_at = START + timedelta(days=7, hours=1)
    moved = moved.then(moves.scheduled(moved.ticket, by="agent:an", at=START + timedelta(hours=1), closes_at=closes_at))
    return moved.then(moves.began_closing(moved.ticket, run=1, at=closes_at, owner_mail="mail#abc"))


def closed(*, at: datetime = CLOSED_AT) -> Moved:
    moved = closing()
    return moved.then(moves.closed(moved.ticket, run=1, at=at))


def lines(at: datetime = CLOSED_AT) -> list[dict[str, Any]]:
    erased_at = (at - timedelta(minutes=1)).isoformat()
    kept = Look(found="kept", count=2, detail="invoices", basis=LAW, until=at + timedelta(days=3650))
    looks = {"account": Look(found="nothing"), "billing": kept, "orders": Look(found="nothing")}
    held = [ledger.line(name, look, at=at, run=1, is_again=True, erased_at=erased_at) for name, look in looks.items()]
    return held + ledger.residual_lines(at, desk_until=at + timedelta(days=30))


def receipt(moved: Moved | None = None, held: list[dict[str, Any]] | None = None) -> Document:
    it = moved or closed()
    return receipt_of(it.ticket, list(it.changes), lines() if held is None else held, ISSUER)


def as_bytes(document: Document) -> bytes:
    return canonical(document)


def signed() -> Document:
    return signing.signed(receipt())


def keys() -> bytes:
    return json.dumps(signing.published()).encode()


# ── what it says ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_receipt_names_the_ticket_the_account_and_when_it_was_asked_for_approved_and_closed() -> None:
    said = receipt()
    assert (said["ticket"], said["account"]) == ("SO-7K3M9Q", {"id": "acc-lan", "generation": 1_700_000_000_000})
    assert said["asked_at"] == "2026-11-22T10:00:00.000Z"
    assert said["approved_at"] == "2026-11-22T11:00:00.000Z"
    assert said["closed_at"] == "2026-11-30T10:00:00.000Z"
    assert (said["proved_by"], said["proved_at"]) == ("sign_in", said["asked_at"])


def test_a_receipt_holds_each_holder_with_what_was_found_on_looking_and_when() -> None:
    found = {each["holder"]: each for each in receipt()["holders"]}
    assert list(found) == ["account", "billing", "orders"]
    assert found["orders"] == {
        "holder": "orders", "found": "nothing", "erased_at": "2026-11-30T09:59:00.000Z",
        "looked_at": "2026-11-30T10:00:00.000Z",
    }  # fmt: skip


def test_a_receipt_says_what_is_kept_on_which_law_and_until_when() -> None:
    kept = next(each for each in receipt()["holders"] if each["found"] == "kept")
    assert (kept["basis"], kept["detail"], kept["count"]) == (LAW, "invoices", 2)
    assert kept["until"] == "2036-11-27T10:00:00.000Z"
    said = receipt()["says"]
    assert any("kept by law" in line and LAW in line and "27 November 2036" in line for line in said["en"])
    assert any("được giữ theo luật" in line and "27/11/2036" in line for line in said["vi"])


def test_what_is_kept_without_an_end_is_said_without_one() -> None:
    forever = ledger.line("billing", Look(found="kept", basis=LAW), at=CLOSED_AT, run=1, is_again=True)
    said = receipt(held=[forever])
    assert "until" not in said["holders"][0]
    assert any(f"billing: kept by law ({LAW}): –." in line for line in said["says"]["en"])


def test_a_receipt_names_what_nobody_can_erase_now_and_when_it_goes() -> None:
    residuals = {each["what"]: each["until"] for each in receipt()["residuals"]}
    assert residuals["Point-in-time backups of databases"] == "2027-01-04T10:00:00.000Z"
    assert residuals["This request's own words, letters and addresses"] == "2026-12-30T10:00:00.000Z"
    assert len(residuals) == 5


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_receipt_says_all_of_it_as_a_plain_list_in_both_languages(language: str) -> None:
    said = receipt()["says"][language]
    text = "\n".join(said)
    assert "acc-lan" in said[0]
    assert "SO-7K3M9Q" in said[0]
    assert all(f"{holder}:" in text for holder in ("account", "billing", "orders"))
    assert "{" not in text
    assert len(said) == 5 + 3 + 5 + 2


def test_the_two_languages_differ_in_every_line() -> None:
    said = receipt()["says"]
    assert not set(said["vi"]) & set(said["en"])


def test_a_receipt_claims_no_more_than_that_we_said_so_after_looking() -> None:
    assert receipt()["says"]["en"][-2:] == [
        "This receipt proves that Green Cloud said this, after looking.",
        "It does not prove that no copy exists in a system that is not listed here.",
    ]


def test_a_receipt_names_no_person_and_no_address() -> None:
    text = as_bytes(signed()).decode()
    assert not [word for word in ("@", "Hủy", "agent:", "mail#", '"an"') if word in text]


def test_a_receipt_is_what_the_api_says_of_it() -> None:
    strict = ReceiptView.model_validate(signed(), extra="forbid")
    assert strict.key == "r1"
    PublicKeys.model_validate(signing.published(), extra="forbid")


# ── when there is one ────────────────────────────────────────────────────────────────────────────────────────


def test_there_is_no_receipt_before_the_ticket_is_closed() -> None:
    moved = closing()
    with pytest.raises(NotFound):
        receipt(moved)
    with pytest.raises(NotFound):
        receipt(moved.then(moves.troubled(moved.ticket, run=1, cause="orders: some", at=CLOSED_AT)))


def test_there_is_no_receipt_any_more_while_something_has_reappeared() -> None:
    moved = closed()
    with pytest.raises(NotFound):
        receipt(moved.then(moves.reappeared(moved.ticket, cause="orders: some", at=CLOSED_AT + timedelta(days=1))))


def test_after_it_reappeared_the_receipt_tells_of_the_later_closing() -> None:
    moved = closed()
    later = CLOSED_AT + timedelta(days=2)
    moved = moved.then(moves.reappeared(moved.ticket, cause="orders: some", at=later - timedelta(days=1)))
    moved = moved.then(moves.retried(moved.ticket, by="agent:an", at=later))
    moved = moved.then(moves.closed(moved.ticket, run=2, at=later))
    said = receipt(moved, lines(later))
    assert said["closed_at"] == "2026-12-02T10:00:00.000Z"
    assert said["timeline"] == {"changes": 7, "head": moved.ticket.head}


def test_the_receipt_pins_the_timeline_up_to_the_closing() -> None:
    moved = closed()
    assert receipt(moved)["timeline"] == {"changes": 4, "head": moved.ticket.head}


@pytest.mark.parametrize(("seat", "way", "is_owner", "may"), [
    ("owner", "code", False, True),
    ("code", "code", False, True),
    ("asker", "code", True, True),
    ("asker", "facts", False, True),
    ("asker", "code", False, False),
])  # fmt: skip
def test_a_link_brings_the_receipt_only_to_who_proved_the_account(
    seat: Seat, way: ProofWay, is_owner: bool, may: bool
) -> None:
    """A stranger may have asked, and the owner typed the code: the stranger's link shows no account."""
    ticket = replace(closed().ticket, proof=way, asker_is_owner=is_owner)
    assert may_have_receipt(Seen(ticket=ticket, seat=seat)) is may


def test_no_link_brings_a_receipt_before_the_ticket_is_closed() -> None:
    assert not may_have_receipt(Seen(ticket=closing().ticket, seat="owner"))


# ── the same each time ───────────────────────────────────────────────────────────────────────────────────────


def test_a_receipt_is_the_same_to_the_byte_each_time_it_is_asked_for() -> None:
    assert as_bytes(signed()) == as_bytes(signed())


def test_a_receipt_is_the_same_after_the_ticket_was_shrunk() -> None:
    moved = closed()
    later = moved.then(moves.shrunk(moved.ticket, at=CLOSED_AT + timedelta(days=30)))
    assert as_bytes(receipt(moved)) == as_bytes(receipt(later))


def test_the_order_in_which_a_line_was_stored_changes_nothing() -> None:
    turned = [dict(reversed(line.items())) for line in lines()]
    assert as_bytes(receipt()) == as_bytes(receipt(held=turned))


def test_canonical_json_is_sorted_without_spaces_in_utf_8() -> None:
    assert canonical({"b": [1, "đ"], "a": {"d": None, "c": True}}) == '{"a":{"c":true,"d":null},"b":[1,"đ"]}'.encode()


# ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_public_key_is_that_of_rfc_8032() -> None:
    (key,) = signing.published()["keys"]
    assert base64.urlsafe_b64decode(key["x"] + "=") == PUBLIC
    assert (key["kid"], key["kty"], key["crv"]) == ("r1", "OKP", "Ed25519")


def test_no_secret_is_published() -> None:
    text = json.dumps(signing.published())
    assert coded(SEED).rstrip("=") not in text
    assert base64.urlsafe_b64encode(SEED).decode().rstrip("=") not in text
    assert '"d"' not in text


def test_a_rotated_key_keeps_old_receipts_checkable(keep: Keep) -> None:
    old = as_bytes(signed())
    keep({"now": "r2", "keys": {"r1": coded(SEED), "r2": coded(b"2" * 32)}})
    assert verdict(old, keys()).exits == GENUINE
    assert signed()["key"] == "r2"
    assert verdict(as_bytes(signed()), keys()).exits == GENUINE
    assert [each["kid"] for each in signing.published()["keys"]] == ["r2", "r1"]


def test_a_key_whose_secret_is_destroyed_still_checks_what_it_signed(keep: Keep) -> None:
    old = as_bytes(signed())
    (published,) = signing.published()["keys"]
    keep({"now": "r2", "keys": {"r2": coded(b"2" * 32)}, "retired": {"r1": published["x"]}})
    assert verdict(old, keys()).exits == GENUINE


@pytest.mark.parametrize(
    "held",
    [
        [],
        {"now": "r1"},
        {"now": "r2", "keys": {"r1": coded(SEED)}},
        {"now": "r1", "keys": {"r1": coded(SEED[:31])}},
        {"now": "r1", "keys": {"r1": "not base64"}},
        {"now": "r1", "keys": {"r1": coded(SEED)}, "retired": {"r1": coded(PUBLIC)}},
    ],
)
def test_keys_that_cannot_be_used_are_named_as_a_wrong_setting_without_what_they_hold(keep: Keep, held: Any) -> None:
    keep(held)
    with pytest.raises(SettingsWrong) as wrong:
        signing.receipt_keys()
    assert str(wrong.value) == "RECEIPT_KEYS_PARAMETER: not the keys that docs/receipt.md describes"


# ── checking it without us ───────────────────────────────────────────────────────────────────────────────────


def test_a_genuine_receipt_is_found_genuine_and_its_words_are_read_out() -> None:
    found = verdict(as_bytes(signed()), keys())
    assert found.exits == GENUINE
    assert found.words[0] == "GENUINE: signed by https://desk.example with its key r1. It says:"
    assert any("orders: nothing was found" in line for line in found.words)
    assert any(line.startswith("This proves that Green Cloud said so after looking") for line in found.words)
    assert any(line.startswith("It doesn't prove") for line in found.words)


def test_it_reads_the_receipt_out_in_vietnamese_too() -> None:
    found = verdict(as_bytes(signed()), keys(), "vi")
    assert found.words[0].startswith("BIÊN NHẬN THẬT")
    assert any("không còn dữ liệu nào" in line for line in found.words)


def test_a_receipt_that_was_printed_with_spaces_and_lines_is_genuine_still() -> None:
    pretty = json.dumps(dict(reversed(signed().items())), indent=2).encode()
    assert verdict(pretty, keys()).exits == GENUINE


@pytest.mark.parametrize("name", sorted({*ReceiptView.model_fields} - {"format", "key"}))
def test_a_receipt_in_which_anything_was_changed_is_not_genuine(name: str) -> None:
    forged = signed()
    forged[name] = f"{forged[name]}x" if isinstance(forged[name], str) else {"changed": forged[name]}
    assert verdict(as_bytes(forged), keys()).exits == NOT_GENUINE


def test_a_receipt_from_which_a_holder_was_left_out_or_to_which_a_word_was_added_is_not_genuine() -> None:
    less = signed()
    less["holders"] = less["holders"][:-1]
    assert verdict(as_bytes(less), keys()).exits == NOT_GENUINE
    assert verdict(as_bytes(signed() | {"note": "and all backups"}), keys()).exits == NOT_GENUINE


def test_a_receipt_without_its_signature_is_not_genuine() -> None:
    bare = signed()
    del bare["signature"]
    assert verdict(as_bytes(bare), keys()).exits == NOT_GENUINE


def test_a_receipt_signed_by_another_key_of_the_same_name_is_not_genuine(keep: Keep) -> None:
    true_keys = keys()
    keep({"now": "r1", "keys": {"r1": coded(b"x" * 32)}})
    assert verdict(as_bytes(signed()), true_keys).exits == NOT_GENUINE


def test_a_name_that_stands_twice_is_refused_since_people_and_programs_would_read_different_ones() -> None:
    twice = as_bytes(signed()).replace(b'{"account":', b'{"ticket":"SO-AAAAAA","account":', 1)
    found = verdict(twice, keys())
    assert found.exits == CANNOT_TELL
    assert "a name twice" in found.words[0]


@pytest.mark.parametrize(
    "receipt_given", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"format": 1.5}', b'{"a": NaN}', b"[" * 100_000, b"{}"]
)
def test_what_is_no_receipt_cannot_be_checked_and_breaks_nothing(receipt_given: bytes) -> None:
    assert verdict(receipt_given, keys()).exits == CANNOT_TELL


@pytest.mark.parametrize("given", [b"{}", b'{"keys": []}', b'{"keys": [1]}', b'{"keys": [{"kty": "OKP"}]}', b"no"])
def test_without_the_desks_keys_nothing_can_be_told(given: bytes) -> None:
    assert verdict(as_bytes(signed()), given).exits == CANNOT_TELL


def test_a_receipt_by_a_key_that_the_file_lacks_cannot_be_checked() -> None:
    found = verdict(as_bytes(signed() | {"key": "r9"}), keys())
    assert (found.exits, found.words) == (
        CANNOT_TELL,
        ("This can't be checked: the file of keys lacks the receipt's key.",),
    )


def test_signed_nonsense_by_ones_own_keys_breaks_nothing() -> None:
    nonsense = signing.signed({"format": "signoff-receipt-1", "says": 5, "desk": "x", "company": "y"})
    assert verdict(as_bytes(nonsense), keys()).exits == CANNOT_TELL


def test_lone_surrogates_are_not_genuine_and_break_nothing() -> None:
    odd = as_bytes(signed()).replace(b'"Green Cloud"', b'"\\ud800"')
    assert verdict(odd, keys()).exits == NOT_GENUINE


def test_the_signature_is_over_the_canonical_bytes_without_itself_as_the_paper_says() -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    said = signed()
    signature = base64.b64decode(said.pop("signature"))
    Ed25519PublicKey.from_public_bytes(PUBLIC).verify(signature, canonical(said))
    assert signed_bytes(said) == canonical(said)


# ── the command ──────────────────────────────────────────────────────────────────────────────────────────────


def run(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """The documented command, in a process that knows nothing of a desk: no settings, no AWS."""
    command = [sys.executable, "-m", "chalicelib.closure.verify_receipt", str(folder / "receipt.json")]
    whole = [*command, "--keys", str(folder / "keys.json"), *more]
    return subprocess.run(whole, cwd=PROJECT, env={}, capture_output=True, text=True, encoding="utf-8", check=False)


def test_one_command_checks_a_receipt_offline_and_says_what_it_proves(tmp_path: Path) -> None:
    (tmp_path / "receipt.json").write_bytes(as_bytes(signed()))
    (tmp_path / "keys.json").write_bytes(keys())
    done = run(tmp_path)
    assert (done.returncode, done.stderr) == (GENUINE, "")
    assert done.stdout.startswith("GENUINE: signed by https://desk.example")
    assert "It doesn't prove that no copy exists elsewhere" in done.stdout


def test_the_command_refuses_a_forged_receipt_and_lets_no_word_steer_the_terminal(tmp_path: Path) -> None:
    forged = signed() | {"company": "\x1b[2J"}
    (tmp_path / "receipt.json").write_bytes(as_bytes(forged))
    (tmp_path / "keys.json").write_bytes(keys())
    assert run(tmp_path).returncode == NOT_GENUINE
    (tmp_path / "receipt.json").write_bytes(as_bytes(signing.signed(forged)))
    done = run(tmp_path)
    assert done.returncode == GENUINE
    assert "\x1b" not in done.stdout


def test_the_command_says_which_file_it_cannot_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify_receipt.main([str(tmp_path / "none.json"), "--keys", str(tmp_path / "none.json")]) == CANNOT_TELL
    assert "none.json" in capsys.readouterr().out


def test_a_change_by_itself_is_not_what_closes_a_ticket() -> None:
    """The status decides: a timeline that ends in `closed` and a ticket that doesn't is no closed ticket."""
    moved = closed()
    changes: list[Change] = list(moved.changes)
    with pytest.raises(NotFound):
        receipt_of(replace(moved.ticket, status="closing"), changes, lines(), ISSUER)
