"""Holder kind `webhook`: what is asked, and which answers are believed."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.closure.holders import NotDone, Refused
from chalicelib.closure.holders.webhook import WebhookHolder, idempotency_key
from chalicelib.closure.ledger import Look
from tests.closure.company import KEY, LAN, Company, never

AGAIN = {"account_id": LAN.account_id, "generation": LAN.generation}
SOON = datetime(2090, 1, 1, tzinfo=UTC)
OVER = datetime(2020, 1, 1, tzinfo=UTC)


def holder(company: Company, **changed: Any) -> WebhookHolder:
    return WebhookHolder(**({"url": company.url, "key": KEY} | changed))


def test_erase_and_look_name_the_account_and_its_generation_and_nothing_else(company: Company) -> None:
    holder(company).erase(LAN, enough=never)
    holder(company).look(LAN)
    assert [json.loads(each.body) for each in company.heard] == [
        {"action": "erase", **AGAIN},
        {"action": "look", **AGAIN},
    ]


def test_every_time_that_the_same_is_asked_it_carries_the_same_key_of_idempotency(company: Company) -> None:
    for _ in range(2):
        holder(company).erase(LAN, enough=never)
    holder(company).look(LAN)
    first, second, look = [each.headers["idempotency-key"] for each in company.heard]
    assert first == second == idempotency_key("erase", LAN) != look
    assert LAN.account_id not in first


def test_what_is_erased_with_success_is_done_whatever_else_is_said(company: Company) -> None:
    """Only a look counts: so nothing of this answer is read."""
    company.says_json("thank you")
    holder(company).erase(LAN, enough=never)


def test_what_is_under_way_is_asked_for_again(company: Company) -> None:
    company.says_json("", 202)
    with pytest.raises(NotDone):
        holder(company).erase(LAN, enough=never)


@pytest.mark.parametrize(
    ("said", "look"),
    [
        ({"found": "nothing"}, Look(found="nothing")),
        ({"found": "nothing", "count": 0, "basis": None}, Look(found="nothing", count=0)),
        ({"found": "some"}, Look(found="some")),
        ({"found": "some", "count": 3, "detail": "open orders"}, Look(found="some", count=3, detail="open orders")),
        ({"found": "cannot_tell", "detail": "replica_down"}, Look(found="cannot_tell", detail="replica_down")),
        (
            {
                "found": "kept",
                "count": 2,
                "basis": "Luật Kế toán 2015",
                "until": SOON.isoformat(),
                "detail": "invoices",
            },
            Look(found="kept", count=2, basis="Luật Kế toán 2015", until=SOON, detail="invoices"),
        ),
    ],
)
def test_a_whole_answer_is_what_was_found(company: Company, said: Any, look: Look) -> None:
    company.says_json(json.dumps(said))
    assert holder(company).look(LAN) == look


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ("", "wrong_answer"),
        ("null", "wrong_answer"),
        ("[]", "wrong_answer"),
        ('"nothing"', "wrong_answer"),
        ("{}", "wrong_answer (found)"),
        ('{"found": "gone"}', "wrong_answer (found)"),
        ('{"found": "Nothing"}', "wrong_answer (found)"),
        ('{"found": true}', "wrong_answer (found)"),
        ('{"found": "nothing", "found": "some"}', "wrong_answer (found)"),
        ('{"found": "nothing", "ok": true}', "wrong_answer"),
        ('{"found": "nothing", "count": 3}', "wrong_answer"),
        ('{"found": "some", "count": 0}', "wrong_answer"),
        ('{"found": "some", "count": -1}', "wrong_answer (count)"),
        ('{"found": "some", "count": "3"}', "wrong_answer (count)"),
        ('{"found": "some", "count": 1.5}', "wrong_answer (count)"),
        ('{"found": "kept"}', "wrong_answer"),
        ('{"found": "nothing", "basis": "Tax Act"}', "wrong_answer"),
        ('{"found": "some", "until": "2090-01-01T00:00:00Z"}', "wrong_answer"),
        ('{"found": "kept", "basis": "Tax Act", "until": "2090-01-01"}', "wrong_answer (until)"),
        ('{"found": "kept", "basis": "Tax Act", "until": "2090-01-01T00:00:00"}', "wrong_answer (until)"),
        (f'{{"found": "kept", "basis": "Tax Act", "until": "{OVER.isoformat()}"}}', "wrong_answer"),
        ('{"found": "kept", "basis": "Tax Act, and others"}', "wrong_answer (basis)"),
        ('{"found": "cannot_tell", "detail": "ask lan@khach.example"}', "wrong_answer (detail)"),
        ('{"found": "cannot_tell", "detail": "a\\nb"}', "wrong_answer (detail)"),
        ('{"found": NaN}', "wrong_answer"),
        ("\xff", "wrong_answer"),
    ],
)
def test_an_answer_that_is_not_whole_is_never_taken_for_nothing(company: Company, said: str, cause: str) -> None:
    company.says = lambda _: (200, said.encode("latin-1"))
    with pytest.raises(Refused) as refused:
        holder(company).look(LAN)
    assert str(refused.value) == cause


def test_an_empty_success_is_no_look(company: Company) -> None:
    company.says = lambda _: (204, b"")
    with pytest.raises(Refused):
        holder(company).look(LAN)


@pytest.mark.parametrize("status", [401, 404, 500])
def test_a_refusal_is_told_by_its_status_and_without_the_system_s_own_words(company: Company, status: int) -> None:
    company.says_json('{"error": "lan@khach.example"}', status)
    with pytest.raises(Refused, match=f"^http_{status}$"):
        holder(company).erase(LAN, enough=never)
