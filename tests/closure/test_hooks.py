"""Signed calls to the company's own systems: who is called, what is said, and what is never done."""

import base64
import hashlib
import hmac
import json
import ssl
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest

from chalicelib import clock, hooks
from chalicelib.hooks import HookFailed
from chalicelib.settings import settings
from tests.closure.company import KEY, SECRET, Certificates, Company, certificates, company_at, keep_secret

pytestmark = pytest.mark.usefixtures("surroundings")
MESSAGE = {"action": "look", "account_id": "acc-lan"}


def call(company: Company, *, timeout_s: float = 20, url: str = "", key: str = KEY) -> hooks.Answered:
    return hooks.call(url or company.url, MESSAGE, key=key, timeout_s=timeout_s)


def failure(company: Company, *, timeout_s: float = 20, url: str = "") -> str:
    with pytest.raises(HookFailed) as failed:
        call(company, timeout_s=timeout_s, url=url)
    return str(failed.value)


@pytest.fixture
def other_settings() -> Iterator[pytest.MonkeyPatch]:
    """Settings of one test alone."""

    def forget() -> None:
        for each in (settings, hooks._context, hooks._secrets):
            each.cache_clear()

    with pytest.MonkeyPatch.context() as process:
        forget()
        yield process
    forget()


# ── what is said ─────────────────────────────────────────────────────────────────────────────────────────────


def test_the_message_is_posted_as_json_and_the_answer_comes_back(company: Company) -> None:
    company.says_json('{"found": "nothing"}')
    assert call(company) == hooks.Answered(status=200, body=b'{"found": "nothing"}')
    (heard,) = company.heard
    assert (heard.path, json.loads(heard.body)) == ("/signoff", MESSAGE)
    assert heard.headers["content-type"] == "application/json"
    assert heard.headers["host"] == f"localhost:{company.port}"


def test_a_call_is_signed_as_standard_webhooks_has_it(company: Company) -> None:
    call(company)
    (heard,) = company.heard
    message_id, sent_at = heard.headers["webhook-id"], heard.headers["webhook-timestamp"]
    assert abs(int(sent_at) - clock.now().timestamp()) < 60
    assert "." not in message_id
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    made = hmac.digest(key, f"{message_id}.{sent_at}.".encode() + heard.body, hashlib.sha256)
    assert heard.headers["webhook-signature"] == f"v1,{base64.b64encode(made).decode()}"


def test_the_signature_is_that_of_the_standard_s_own_libraries() -> None:
    """The example that they all are tested with."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    said = hooks.signed(b'{"test": 2432232314}', (key,), message_id="msg_p5jXN8AQM9LWM0D4loKWxJek", at_s=1614265330)
    assert said["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_no_two_calls_have_the_same_id(company: Company) -> None:
    call(company)
    call(company)
    assert len({each.headers["webhook-id"] for each in company.heard}) == 2


def test_while_a_key_is_changed_the_call_carries_a_signature_by_each(
    company: Company, other_settings: pytest.MonkeyPatch
) -> None:
    keep_secret(f"whsec_{base64.b64encode(b'n' * 32).decode()} {SECRET}")
    call(company)
    keep_secret()
    assert len(company.heard[0].headers["webhook-signature"].split()) == 2


@pytest.mark.parametrize(
    "text", ["", "nonsense", "whsec_!!!", f"whsec_{base64.b64encode(b'short').decode()}", SECRET.removeprefix("whsec_")]
)
def test_a_key_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"base64|whsec|no key"):
        hooks.keys_in(text)


def test_a_parameter_without_a_key_lets_nothing_be_sent(company: Company, other_settings: pytest.MonkeyPatch) -> None:
    keep_secret("nonsense")
    said = failure(company)
    keep_secret()
    assert (said, company.heard) == ("key_unusable", [])


# ── where it may go ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "url",
    [
        "http://crm.example/", "ftp://crm.example/", "crm.example", "https://", "https://user@crm.example/",
        "https://crm.example/#x", "https://crm.example:99999/", "https://crm.example/a b", "https://crm.example/\nx",
        "https://crm.éxample/", "https://crm.example/é", "https://crm.example/?é",
    ],
)  # fmt: skip
def test_an_address_that_is_not_plain_https_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"must|[Pp]ort"):
        hooks.checked_url(url)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1", "fd00:ec2::254", "fc00::1", "ff02::1", "2001:db8::1",
        "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a00:1", "2002:7f00:1::", "2002:a9fe:a9fe::",
    ],
)  # fmt: skip
def test_no_address_inside_is_reached(address: str, other_settings: pytest.MonkeyPatch) -> None:
    other_settings.setenv("HOOKS_MAY_REACH", "")
    assert not hooks.may_reach(ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"])
def test_the_public_internet_is_reached(address: str, other_settings: pytest.MonkeyPatch) -> None:
    other_settings.setenv("HOOKS_MAY_REACH", "")
    assert hooks.may_reach(ip_address(address))


def test_the_company_s_own_network_is_reached_where_the_operator_names_it_and_link_local_never(
    other_settings: pytest.MonkeyPatch,
) -> None:
    other_settings.setenv("HOOKS_MAY_REACH", "10.20.0.0/16,169.254.0.0/16")
    assert hooks.may_reach(ip_address("10.20.30.40"))
    assert not hooks.may_reach(ip_address("10.21.0.1"))
    assert not hooks.may_reach(ip_address("169.254.169.254"))


def test_a_name_that_stands_for_an_address_inside_gets_nothing(
    company: Company, other_settings: pytest.MonkeyPatch
) -> None:
    other_settings.setenv("HOOKS_MAY_REACH", "")
    assert failure(company) == "address_refused"
    assert company.heard == []


def test_a_name_that_stands_for_nothing_is_told(company: Company) -> None:
    assert failure(company, url="https://nowhere.invalid/") == "unknown_host"


def test_nobody_at_the_door_is_told(company: Company, certified: Certificates) -> None:
    with company_at(certified.context()) as gone:
        url = gone.url
    assert failure(company, url=url) == "unreachable"


# ── whom it believes ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_certificate_by_nobody_we_trust_gets_nothing(company: Company, other_settings: pytest.MonkeyPatch) -> None:
    other_settings.setenv("HOOKS_CA_FILE", "")
    assert failure(company) == "bad_certificate"
    assert company.heard == []


def test_a_certificate_for_another_name_gets_nothing(tmp_path: Path, other_settings: pytest.MonkeyPatch) -> None:
    others = certificates(tmp_path, host="other.example")
    other_settings.setenv("HOOKS_CA_FILE", str(others.authority))
    with company_at(others.context()) as company:
        assert failure(company) == "bad_certificate"
        assert company.heard == []


def test_an_old_tls_is_not_spoken() -> None:
    assert hooks._context().minimum_version >= ssl.TLSVersion.TLSv1_2


def test_a_file_of_authorities_that_is_not_there_is_told(company: Company, other_settings: pytest.MonkeyPatch) -> None:
    other_settings.setenv("HOOKS_CA_FILE", "/nowhere/ca.pem")
    assert failure(company) == "ca_file_unusable"


# ── what it puts up with ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed(company: Company, status: int) -> None:
    company.says = lambda _: (status, b"", {"Location": company.url + "/elsewhere"})
    assert failure(company) == f"http_{status}"
    assert [each.path for each in company.heard] == ["/signoff"]


@pytest.mark.parametrize("status", [400, 401, 404, 410, 429, 500, 503])
def test_an_answer_that_is_no_success_is_told_by_its_status(company: Company, status: int) -> None:
    company.says_json('{"found": "nothing"}', status)
    assert failure(company) == f"http_{status}"


def test_a_system_that_is_silent_is_left_after_the_time_it_has(company: Company) -> None:
    company.never_answers()
    assert failure(company, timeout_s=0.2) == "timed_out"


def test_an_answer_that_is_too_long_is_not_read_to_its_end(company: Company) -> None:
    company.says = lambda _: (200, b"x" * (hooks.LARGEST_ANSWER + 1))
    assert failure(company) == "too_long"


def test_a_system_that_drips_its_answer_for_ever_is_left_too(company: Company) -> None:
    """A socket's own timeout begins anew with each byte."""
    company.drips()
    assert failure(company, timeout_s=0.2) == "timed_out"


def test_an_answer_that_is_shorter_than_it_says_is_none(company: Company) -> None:
    company.says = lambda _: (200, b'{"found": "nothing"}', {"Content-Length": "900", "Connection": "close"})
    assert failure(company) == "not_http"


def test_what_is_no_http_is_told(company: Company) -> None:
    company.says = lambda _: iter([b"220 mail.example ESMTP\r\n"])
    assert failure(company) == "not_http"
