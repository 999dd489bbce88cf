"""The company's own check is asked over real TLS: what the desk understands, and what it never takes for an answer."""

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import pytest

from chalicelib import clock, hooks
from chalicelib.settings import settings
from chalicelib.tickets import checking
from chalicelib.tickets.eligibility import Heard, Named, Unanswered
from docs.examples.eligibility_check import Books, EligibilityCheck
from docs.examples.webhook_holder import Doorkeeper, server
from tests.closure.company import KEY, LAN, SECRET, Certificates, Company

TEXT = {"vi": "Còn nợ", "en": "Still owed"}
OWED = {"code": "unpaid", "kind": "blocker", "text": TEXT, "url": "https://billing.example/pay"}


@contextmanager
def asking(url: str, *, key: str = KEY) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as process:
        process.setenv("ELIGIBILITY_URL", url)
        process.setenv("ELIGIBILITY_KEY_PARAMETER", key)
        _forget()
        yield
    _forget()


def _forget() -> None:
    settings.cache_clear()
    hooks._secrets.cache_clear()


@pytest.fixture
def check(company: Company) -> Iterator[Company]:
    with asking(company.url):
        yield company


def heard(check: Company, said: Any) -> Heard:
    check.says_json(said if isinstance(said, str) else json.dumps(said))
    return checking.hear(LAN)


def test_it_is_asked_about_this_registration_of_the_account(check: Company) -> None:
    heard(check, [])
    message = {"action": "check", "account_id": LAN.account_id, "generation": LAN.generation}
    assert json.loads(check.heard[0].body) == message


def test_a_page_waits_for_it_no_longer_than_a_few_seconds(check: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    assert checking.PAGE_WAITS_S <= 3
    monkeypatch.setattr(checking, "PAGE_WAITS_S", 0.05)
    check.never_answers()
    assert checking.hear_for_a_page(LAN) == ()


def test_what_it_names_is_understood(check: Company) -> None:
    credit = {"code": "credit", "kind": "warning", "text": {"vi": "Số dư", "en": "Credit"}}
    assert heard(check, [OWED, credit]) == (
        Named(code="unpaid", kind="blocker", vi="Còn nợ", en="Still owed", url="https://billing.example/pay"),
        Named(code="credit", kind="warning", vi="Số dư", en="Credit"),
    )
    assert heard(check, []) == ()


def changed(**fields: Any) -> list[dict[str, Any]]:
    return [OWED | fields]


@pytest.mark.parametrize(
    "said",
    [
        "", "null", "{}", "nothing", "[", '[{"code": NaN}]', [[]], ["unpaid"], {"items": []}, [OWED, OWED],
        [{**OWED, "code": f"c{nth}"} for nth in range(21)],
        [{name: value for name, value in OWED.items() if name != "kind"}],
        changed(kind="hint"), changed(code="Lan Nguyen"), changed(code=""), changed(code="x" * 41), changed(more=1),
        changed(url="http://billing.example/"), changed(url="javascript:alert(1)"), changed(url="https://a b"),
        changed(url=""), changed(text="Owed"), changed(text={"vi": "Còn nợ"}), changed(text=TEXT | {"fr": "Dû"}),
        changed(text=TEXT | {"en": " "}), changed(text=TEXT | {"en": "x" * 501}), changed(text=TEXT | {"en": "a\nb"}),
        changed(text=TEXT | {"en": "a\x00b"}),
    ],
)  # fmt: skip
def test_nonsense_is_never_taken_for_nothing(check: Company, said: Any) -> None:
    assert heard(check, said) == Unanswered(why="wrong_answer")


@pytest.mark.parametrize("status", [202, 204, 404, 503])
def test_only_200_is_an_answer(check: Company, status: int) -> None:
    check.says_json("[]" if status != 204 else "", status)
    assert checking.hear(LAN) == Unanswered(why=f"http_{status}")


def test_nobody_there_is_no_answer(certified: Certificates, company: Company) -> None:
    with asking("https://nobody.invalid/check"):
        assert checking.hear(LAN) == Unanswered(why="unknown_host")


def test_a_key_that_is_not_there_is_no_answer_and_nothing_is_sent(company: Company) -> None:
    with asking(company.url, key="/signoff/dev/hooks/other"):
        assert checking.hear(LAN) == Unanswered(why="ParameterNotFound")
    assert company.heard == []


def test_where_there_is_no_check_nothing_stands_in_the_way(surroundings: None) -> None:
    assert checking.hear(LAN) == ()


# ── the example ──────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def example(context: ssl.SSLContext, secret: str = SECRET) -> Iterator[Books]:
    books = Books()
    door = Doorkeeper(secret, now=lambda: clock.now().timestamp())
    serving = server(EligibilityCheck(door, books), ("127.0.0.1", 0), context)
    thread = Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        with asking(f"https://localhost:{serving.server_port}/check"):
            yield books
    finally:
        serving.shutdown()
        serving.server_close()
        thread.join()


def test_the_example_and_the_desk_understand_each_other(surroundings: None, certified: Certificates) -> None:
    with example(certified.context()) as books:
        assert checking.hear(LAN) == ()
        books.owed[(LAN.account_id, LAN.generation)] = 120_000
        books.credit[(LAN.account_id, LAN.generation)] = 50_000
        books.owed[(LAN.account_id, LAN.generation + 1)] = 1
        found = checking.hear(LAN)
        assert not isinstance(found, Unanswered)
        assert [(each.code, each.kind) for each in found] == [
            ("unpaid_invoices", "blocker"), ("remaining_credit", "warning"),
        ]  # fmt: skip
        assert "120000" in found[0].vi


def test_the_example_believes_only_its_own_key(surroundings: None, certified: Certificates) -> None:
    with example(certified.context(), secret="whsec_" + "QUFB" * 8):
        assert checking.hear(LAN) == Unanswered(why="http_401")
