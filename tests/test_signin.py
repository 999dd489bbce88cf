"""Who is calling: which tokens hold, what they say, and how the issuer's keys are kept."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest
from joserfc.jwk import ECKey, RSAKey

from chalicelib import clock
from chalicelib.problems import Busy, NotSignedIn, SignInAgain
from chalicelib.signin import IssuerKeys, Person, fetched, person, require_recent, signed_in_lately
from tests.environment import of_a_desk
from tests.issuing import ISSUER, JWKS_URL, NOW, Issuer, new_key


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


class Hands:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at


def seconds(at: datetime) -> int:
    return int(at.timestamp())


def refused(issuer: Issuer, authorization: str | None) -> bool:
    with pytest.raises(NotSignedIn):
        issuer.sign_in().person(authorization)
    return True


def test_a_good_token_tells_who_calls(issuer: Issuer) -> None:
    claims = {
        "sub": "user-1",
        "account_id": "acct-1",
        "groups": ["desk-agent"],
        "scope": "openid tickets:write",
        "auth_time": seconds(NOW) - 60,
        "locale": "vi-VN",
    }
    assert issuer.sign_in().person(issuer.bearer(**claims)) == Person(
        sub="user-1",
        account_id="acct-1",
        groups=frozenset({"desk-agent"}),
        scopes=frozenset({"openid", "tickets:write"}),
        signed_in_at=NOW - timedelta(seconds=60),
        is_owner=True,
        language="vi",
    )


def test_rsa_keys_are_good_too(issuer: Issuer) -> None:
    key = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
    issuer.keys.append(key)
    token = issuer.token(key=key, header={"alg": "RS256", "kid": "rsa"})
    assert issuer.sign_in().person(f"Bearer {token}").sub == "an"


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Bearer x", "Bearer a.b.c", "Basic YTpi", "x" * 20_000]
)
def test_without_a_token_nobody_is_signed_in(issuer: Issuer, header: str | None) -> None:
    assert refused(issuer, header)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://other.example"},
        {"iss": None},
        {"aud": "another"},
        {"aud": ["a", "b"]},
        {"aud": None},
        {"exp": seconds(NOW) - 10},
        {"exp": seconds(NOW) - 5},
        {"exp": None},
        {"exp": "tomorrow"},
        {"nbf": seconds(NOW) + 10},
        {"iat": seconds(NOW) + 10},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(issuer: Issuer, claims: dict[str, Any]) -> None:
    assert refused(issuer, issuer.bearer(**claims))


def test_a_few_seconds_between_the_clocks_are_forgiven(issuer: Issuer) -> None:
    assert issuer.sign_in().person(issuer.bearer(exp=seconds(NOW) - 3, nbf=seconds(NOW) + 3))


def test_one_of_several_audiences_is_enough(issuer: Issuer) -> None:
    assert issuer.sign_in().person(issuer.bearer(aud=["other", "signoff"]))


def test_a_token_signed_with_another_key_of_the_same_name_is_forged(issuer: Issuer) -> None:
    assert refused(issuer, issuer.bearer(key=new_key("one")))


def test_a_token_without_a_key_name_is_refused(issuer: Issuer) -> None:
    assert refused(issuer, issuer.bearer(header={"alg": "ES256"}))


def test_an_unsigned_token_is_refused(issuer: Issuer) -> None:
    _, payload, _ = issuer.token().split(".")
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none", "kid": "one"}).encode()).decode().rstrip("=")
    assert refused(issuer, f"Bearer {header}.{payload}.")


def test_the_public_key_does_not_work_as_a_secret(issuer: Issuer) -> None:
    _, payload, _ = issuer.token().split(".")
    header = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "kid": "one"}).encode()).decode().rstrip("=")
    for public in (as_pem(issuer), json.dumps(issuer.keys[0].as_dict(private=False)).encode()):
        mac = hmac.new(public, f"{header}.{payload}".encode(), hashlib.sha256).digest()
        signature = base64.urlsafe_b64encode(mac).decode().rstrip("=")
        assert refused(issuer, f"Bearer {header}.{payload}.{signature}")


def test_an_algorithm_that_we_do_not_take_is_refused_though_the_signature_is_right(issuer: Issuer) -> None:
    key = RSAKey.generate_key(2048, {"kid": "rsa"})
    issuer.keys.append(key)
    assert refused(issuer, issuer.bearer(key=key, header={"alg": "PS256", "kid": "rsa"}))


def as_pem(issuer: Issuer) -> bytes:
    key = issuer.keys[0]
    assert isinstance(key, ECKey)
    return key.as_pem(private=False)


def test_an_account_id_that_can_be_none_makes_no_customer(issuer: Issuer) -> None:
    for impossible in ("", "a b", "x" * 65, "ü", 12, ["a"]):
        assert issuer.sign_in().person(issuer.bearer(account_id=impossible)).account_id is None


def test_the_account_may_stand_in_another_claim(issuer: Issuer) -> None:
    sign_in = issuer.sign_in(account_claim="custom:account")
    assert sign_in.person(issuer.bearer(**{"custom:account": "acct-2"})).account_id == "acct-2"


def test_where_an_owner_claim_is_set_only_true_makes_an_owner(issuer: Issuer) -> None:
    sign_in = issuer.sign_in(owner_claim="owner")
    found = {value: sign_in.person(issuer.bearer(owner=value)).is_owner for value in (True, "true", False, "yes", None)}
    assert found == {True: True, "true": True, False: False, "yes": False, None: False}


def test_an_admin_is_an_agent_too(issuer: Issuer) -> None:
    admin = issuer.sign_in().person(issuer.bearer(groups=["desk-admin"]))
    agent = issuer.sign_in().person(issuer.bearer(groups=["desk-agent"]))
    assert (admin.is_admin, admin.is_agent, agent.is_admin, agent.is_agent) == (True, True, False, True)


def test_a_sign_in_is_recent_for_as_long_as_asked() -> None:
    within = timedelta(minutes=15)
    fresh, old = (Person(sub="an", signed_in_at=NOW - timedelta(minutes=ago)) for ago in (15, 16))
    assert signed_in_lately(fresh, within=within, now=NOW)
    assert not signed_in_lately(old, within=within, now=NOW)


def test_a_token_that_does_not_tell_the_sign_in_is_never_recent(issuer: Issuer) -> None:
    for untold in (None, "now", True, seconds(NOW) + 3600):
        who = issuer.sign_in().person(issuer.bearer(auth_time=untold))
        assert not signed_in_lately(who, within=timedelta(days=9), now=NOW)


def test_the_keys_are_asked_for_once(issuer: Issuer) -> None:
    sign_in = issuer.sign_in()
    for _ in range(3):
        sign_in.person(issuer.bearer())
    assert issuer.asked == [JWKS_URL]


def test_without_a_keys_address_the_issuer_is_asked_where_they_are(issuer: Issuer) -> None:
    sign_in = issuer.sign_in(keys=IssuerKeys(issuer=ISSUER, fetch=issuer.fetch, now=lambda: NOW))
    assert sign_in.person(issuer.bearer())
    assert issuer.asked == [f"{ISSUER}/.well-known/openid-configuration", JWKS_URL]


def test_discovery_that_answers_for_another_issuer_is_not_believed(issuer: Issuer) -> None:
    keys = IssuerKeys(issuer="https://issuer.example/tenant", fetch=issuer.fetch, now=lambda: NOW)
    with pytest.raises(Busy):
        keys.key("one")


def test_a_new_key_is_found_after_the_issuer_rotates(issuer: Issuer) -> None:
    clock = Hands()
    sign_in = issuer.sign_in(now=clock)
    sign_in.person(issuer.bearer())
    issuer.keys.insert(0, new_key("two"))
    clock.at += timedelta(minutes=1)
    assert sign_in.person(issuer.bearer()).sub == "an"


def test_made_up_key_names_do_not_flood_the_issuer(issuer: Issuer) -> None:
    clock = Hands()
    sign_in = issuer.sign_in(now=clock)
    for name in range(120):
        clock.at += timedelta(seconds=1)
        with pytest.raises(NotSignedIn):
            sign_in.person(issuer.bearer(header={"alg": "ES256", "kid": f"made-up-{name}"}))
    assert len(issuer.asked) == 2


def test_while_the_issuer_is_down_its_keys_stay_good(issuer: Issuer) -> None:
    clock = Hands()
    sign_in = issuer.sign_in(now=clock)
    sign_in.person(issuer.bearer())
    issuer.is_down = True
    clock.at += timedelta(hours=3)
    assert sign_in.person(issuer.bearer(exp=seconds(clock.at) + 60))


def test_an_issuer_that_never_answered_is_our_trouble_not_the_callers(issuer: Issuer) -> None:
    issuer.is_down = True
    with pytest.raises(Busy):
        issuer.sign_in().person(issuer.bearer())


def test_a_key_taken_back_is_no_longer_good_after_an_hour(issuer: Issuer) -> None:
    clock = Hands()
    sign_in = issuer.sign_in(now=clock)
    token = issuer.bearer(exp=seconds(NOW + timedelta(hours=9)))
    assert sign_in.person(token)
    issuer.keys[0] = new_key("two")
    clock.at += timedelta(hours=1)
    with pytest.raises(NotSignedIn):
        sign_in.person(token)


def test_one_key_that_cannot_be_read_does_not_cost_the_others(issuer: Issuer) -> None:
    def answer(url: str) -> bytes:
        strange = [{"kty": "EC", "kid": "broken", "crv": "P-256", "x": "!"}, {"kty": "LWE", "kid": "future"}]
        return json.dumps({"keys": [*strange, *json.loads(issuer.fetch(url))["keys"]]}).encode()

    sign_in = issuer.sign_in(keys=IssuerKeys(issuer=ISSUER, url=JWKS_URL, fetch=answer, now=lambda: NOW))
    assert sign_in.person(issuer.bearer())


# As the desk runs: by its settings, over HTTP


@pytest.fixture
def published() -> Iterator["Published"]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Published.Answering) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield Published(f"http://127.0.0.1:{server.server_port}")
        server.shutdown()
        thread.join()


@dataclass(frozen=True)
class Published:
    """An issuer on this machine."""

    url: str
    key: ClassVar[ECKey] = new_key()

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = f"http://{self.headers['Host']}"
            answers = {
                "/.well-known/openid-configuration": {"issuer": url, "jwks_uri": f"{url}/keys"},
                "/keys": {"keys": [Published.key.as_dict(private=False)]},
                "/endless": "x" * 300_000,
            }
            self.send_response(200 if self.path in answers else 404)
            self.end_headers()
            self.wfile.write(json.dumps(answers.get(self.path)).encode())

        def log_message(self, *_: object) -> None:
            """Nothing: tests are quiet."""


def test_a_token_is_checked_by_the_desk_s_settings_and_clock(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer = Issuer(keys=[published.key])
    with of_a_desk(monkeypatch, ISSUER=published.url, AUDIENCE="portal"):
        now = seconds(clock.now())
        claims = {"iss": published.url, "aud": "portal", "iat": now, "account_id": "acct-1"}
        assert person(issuer.bearer(**claims, exp=now + 60)).account_id == "acct-1"
        with pytest.raises(NotSignedIn):
            person(issuer.bearer(**claims, exp=now - 60))


def test_a_sign_in_older_than_the_settings_allow_must_be_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with of_a_desk(monkeypatch, SIGN_IN_WITHIN="PT10M"):
        require_recent(Person(sub="an", signed_in_at=clock.now() - timedelta(minutes=9)))
        for signed_in_at in (clock.now() - timedelta(minutes=11), None):
            with pytest.raises(SignInAgain) as told:
                require_recent(Person(sub="an", signed_in_at=signed_in_at))
            assert told.value.within_s == 600


def test_an_answer_without_end_is_not_read(published: Published) -> None:
    with pytest.raises(ValueError, match="too long"):
        fetched(f"{published.url}/endless")


def test_only_http_addresses_are_fetched() -> None:
    for address in ("file:///etc/hostname", "ftp://issuer.example/keys", ""):
        with pytest.raises(ValueError, match="not an http address"):
            fetched(address)
