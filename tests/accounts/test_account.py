"""An account: its address, its generation, and what is remembered of an address that was replaced."""

from datetime import timedelta

import pytest

from chalicelib.accounts.account import SUSPICIOUS_FOR, Account, AccountId, Fields, folded, registered, replaced
from tests.examples import LATER, START

DAY = timedelta(days=1)
LAN = Fields(email="Lan@Khach.example", name="Lan", phone="0900000001", attributes={"plan": "pro"})


def account(email: str = "Lan@Khach.example") -> Account:
    return registered(AccountId("acc-lan"), Fields(email=email), at=START)


def changed(*emails: str, every: timedelta = DAY) -> Account:
    """The account whose address became each of these in turn, the first one a day after it was registered."""
    it = account()
    for nth, email in enumerate(emails, start=1):
        it = replaced(it, Fields(email=email), at=START + nth * every)
    return it


def test_a_registered_account_is_active_and_its_generation_is_the_millisecond_of_that_instant() -> None:
    assert registered(AccountId("acc-lan"), LAN, at=START + timedelta(milliseconds=7)) == Account(
        account_id=AccountId("acc-lan"), generation=1_795_341_600_007, status="active", fields=LAN,
        changed_at=START + timedelta(milliseconds=7),
    )  # fmt: skip


def test_nothing_is_known_of_an_account_but_what_somebody_said() -> None:
    said = Fields(email="lan@khach.example")
    assert (said.name, said.phone, said.company, said.tax_code, said.country, said.language) == (None,) * 6
    assert said.attributes == {}
    assert (account().previous_address, account().address_changed_at) == (None, None)


@pytest.mark.parametrize("written", ["lan@khach.example", " LAN@khach.EXAMPLE\t", "Lan@Khach.example\n"])
def test_addresses_are_compared_whatever_their_case_and_the_spaces_around(written: str) -> None:
    assert folded(written) == "lan@khach.example" == account(written).address


def test_replacing_what_is_known_replaces_all_of_it_and_leaves_who_it_is() -> None:
    after = replaced(registered(AccountId("acc-lan"), LAN, at=START), Fields(email="lan@khach.example"), at=LATER)
    assert after.fields == Fields(email="lan@khach.example")
    assert (after.account_id, after.generation, after.status) == ("acc-lan", account().generation, "active")
    assert after.changed_at == LATER


@pytest.mark.parametrize("written", ["lan@khach.example", " LAN@KHACH.EXAMPLE "])
def test_the_same_address_written_differently_is_no_new_one(written: str) -> None:
    after = replaced(account(), Fields(email=written), at=LATER)
    assert (after.previous_address, after.address_changed_at) == (None, None)
    assert not after.has_new_address(LATER)


def test_a_new_address_is_suspicious_for_thirty_days_and_not_an_instant_longer() -> None:
    after = changed("eve@elsewhere.example")
    since = START + DAY
    assert timedelta(days=30) == SUSPICIOUS_FOR
    assert (after.address_changed_at, after.previous_address) == (since, "Lan@Khach.example")
    assert after.changed_at == since
    assert after.has_new_address(since)
    assert after.has_new_address(since + SUSPICIOUS_FOR - timedelta(milliseconds=1))
    assert not after.has_new_address(since + SUSPICIOUS_FOR)
    assert not account().has_new_address(START)


def test_another_field_that_changes_later_makes_a_new_address_no_older() -> None:
    again = replaced(
        changed("eve@elsewhere.example"), Fields(email="eve@elsewhere.example", name="Eve"), at=START + 9 * DAY
    )
    assert (again.address_changed_at, again.previous_address) == (START + DAY, "Lan@Khach.example")


def test_whoever_changes_an_address_twice_does_not_make_the_desk_forget_the_owners() -> None:
    """Else a thief changes it twice, and every warning to the previous address goes to the thief's own."""
    after = changed("eve@elsewhere.example", "eve@another.example")
    assert (after.previous_address, after.address_changed_at) == ("Lan@Khach.example", START + 2 * DAY)


def test_an_address_that_the_owner_put_back_has_none_before_it_and_is_watched_all_the_same() -> None:
    back = changed("eve@elsewhere.example", "lan@khach.example")
    assert (back.previous_address, back.has_new_address(LATER + 3 * DAY)) == (None, True)
    again = changed("eve@elsewhere.example", "lan@khach.example", "eve@another.example")
    assert again.previous_address == "lan@khach.example"


def test_an_address_that_was_no_longer_suspicious_is_the_one_to_be_remembered() -> None:
    assert changed("lan@new.example", "lan@newer.example", every=SUSPICIOUS_FOR).previous_address == "lan@new.example"
