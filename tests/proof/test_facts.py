"""Proof by facts: what may be compared, and when it is enough."""

import pytest

from chalicelib.proof.facts import FIELDS, LEGAL_DOCUMENT, are_four_eyes, is_enough, may_be_matched
from chalicelib.tickets.ticket import FactsRecord
from tests.examples import LATER, START

PRIVATE = frozenset({"last_invoice_number", "last_invoice_amount"})
PERSON: dict[str, str | None] = {
    "email": "lan@khach.example", "name": "Lan", "phone": "0900000001", "company": None, "tax_code": None,
}  # fmt: skip


def test_what_the_account_says_nothing_of_cannot_be_matched() -> None:
    said = may_be_matched(PERSON, {"last_invoice_number": "17", "last_invoice_amount": ""})
    assert said == {"email", "name", "phone", "last_invoice_number"}


def test_a_companys_account_can_be_matched_with_the_document_of_who_speaks_for_it_and_a_persons_cannot() -> None:
    company = dict.fromkeys(FIELDS, "said")
    assert may_be_matched(company, {}) == {"email", "name", "phone", "company", "tax_code", "legal_document"}
    assert LEGAL_DOCUMENT not in may_be_matched({**company, "company": ""}, {})


def test_fields_that_everybody_could_choose_are_no_facts() -> None:
    assert may_be_matched({"language": "vi", "country": "VN"}, {}) == frozenset()


@pytest.mark.parametrize(
    ("matched", "enough"),
    [
        ("email name last_invoice_number", True),
        ("email name phone last_invoice_amount", True),
        ("last_invoice_number last_invoice_amount name", True),
        ("name last_invoice_number", False),
        ("last_invoice_number last_invoice_amount", False),
        ("email name phone tax_code", False),
        ("", False),
    ],
)
def test_three_facts_are_enough_if_no_outsider_knows_one_of_them(matched: str, enough: bool) -> None:
    assert is_enough(frozenset(matched.split()), private=PRIVATE, is_company=False) is enough


@pytest.mark.parametrize(
    ("matched", "enough"),
    [
        ("email name last_invoice_number", False),
        ("email name last_invoice_number legal_document", True),
        ("email last_invoice_number legal_document", True),
        ("last_invoice_number legal_document", False),
        ("email name legal_document", False),
    ],
)
def test_for_a_company_the_document_of_its_legal_representative_must_be_among_them(matched: str, enough: bool) -> None:
    assert is_enough(frozenset(matched.split()), private=PRIVATE, is_company=True) is enough


def test_four_eyes_are_two_agents_and_not_one_who_looked_twice() -> None:
    first, again, other = (
        FactsRecord(agent=agent, at=at, matched=("email",))
        for agent, at in (("an", START), ("an", LATER), ("chi", LATER))
    )
    assert not are_four_eyes(())
    assert not are_four_eyes((first,))
    assert not are_four_eyes((first, again))
    assert are_four_eyes((first, other))
    assert are_four_eyes((first, again, other))
