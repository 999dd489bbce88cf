"""The keys that sign receipts, and that anybody can check a receipt without us."""

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chalicelib.closure import signing, verify_receipt
from chalicelib.closure.receipt import canonical, signed_bytes
from chalicelib.closure.receipt_api import ReceiptView
from chalicelib.closure.verify_receipt import CANNOT_TELL, GENUINE, NOT_GENUINE, verdict
from chalicelib.problems import SettingsWrong
from tests.closure.receipts import PROJECT, PUBLIC, SEED, Keep, as_bytes, coded, keys, signed

pytestmark = pytest.mark.usefixtures("keys_of_now")


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


@pytest.mark.parametrize("name", sorted({*ReceiptView.__struct_fields__} - {"format", "key"}))
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
