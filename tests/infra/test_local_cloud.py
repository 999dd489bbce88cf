"""The whole local cloud, with the desk in it."""

import json
import os
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from infra.local.cloud import LocalCloud


def ask(url: str, said: Any = None, *, method: str = "", bearer: str = "") -> tuple[int, Any]:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {bearer}"} if bearer else {})
    data = said if isinstance(said, bytes | None) else json.dumps(said).encode()
    request = urllib.request.Request(url, data, headers, method=method or None)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def test_it_starts_serves_stops_and_starts_again_with_nothing_left() -> None:
    before = dict(os.environ)
    for settings in ({}, {"COOLING_OFF": "PT1H"}):
        with LocalCloud(settings=settings) as cloud:
            assert ask(f"{cloud.desk_url}/healthz")[0] == 200
            assert os.environ["COOLING_OFF"] == settings.get("COOLING_OFF", "P7D")
            assert cloud.state()["accounts"] == 3
            assert cloud.outbox() == []
        assert dict(os.environ) == before


def test_a_setting_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="CoolingOf"):
        LocalCloud(settings={"COOLING_OF": "PT1H"}).start()


def test_the_panel_does_what_it_says() -> None:
    with LocalCloud() as cloud:
        panel = cloud.panel_url
        assert _clock_moves_on(panel)
        assert _tokens_hold(panel)
        letter = b"From: nobody@elsewhere.example\nTo: support@desk.example\nSubject: hello\n\nhello"
        assert ask(f"{panel}/mail?dmarc=FAIL", letter)[0] == 200
        assert ask(f"{panel}/mail?recipient=x@other.example", letter)[0] == 400
        assert ask(f"{panel}/settle", b"")[0] == 200
        assert _counts(panel) == {"accounts", "tickets", "executions", "notices", "quarantine", "dead_letters"}
        fault = {"service": "dynamodb", "operation": "PutItem", "kind": "before", "times": 2}
        assert ask(f"{panel}/faults", fault) == (200, [fault])
        assert ask(f"{panel}/faults", {"clear": True}) == (200, [])
        assert ask(f"{panel}/faults", {"service": "s3"})[0] == 400
        assert ask(f"{panel}/outbox.json?to=nobody@elsewhere.example") == (200, [])
        assert ask(f"{panel}/nothing")[0] == 404
        assert ask(f"{panel}/token", b"not json")[0] == 400
        assert _somebody_signs_in(cloud)


def _counts(panel: str) -> set[str]:
    return set(ask(f"{panel}/state.json")[1])


def _clock_moves_on(panel: str) -> bool:
    before = ask(f"{panel}/clock")[1]["now"]
    after = ask(f"{panel}/clock", {"advance": "P1D"})[1]["now"]
    assert ask(f"{panel}/clock", {"advance": "tomorrow"})[0] == 400
    return bool(after[:10] > before[:10])


def _tokens_hold(panel: str) -> bool:
    issuer = ask(f"{panel}/.well-known/openid-configuration")[1]
    keys = KeySet.import_key_set(ask(issuer["jwks_uri"])[1])
    said = {"account_id": "acc-lan", "auth_age_s": 60}
    claims = jwt.decode(ask(f"{panel}/token", said)[1]["token"], keys).claims
    assert (claims["iss"], claims["aud"], claims["account_id"]) == (panel, "signoff", "acc-lan")
    assert claims["exp"] - claims["iat"] == 90 * 24 * 3600
    return bool(claims["iat"] - claims["auth_time"] == 60)


def _somebody_signs_in(cloud: LocalCloud) -> bool:
    back = urllib.parse.quote(f"{cloud.desk_url}/signin/back", safe="")
    asked = "response_type=code&client_id=signoff&scope=openid&code_challenge_method=S256&code_challenge=" + "a" * 43
    with urllib.request.urlopen(f"{cloud.panel_url}/authorize?{asked}&redirect_uri={back}") as page:
        return "acc-lan" in page.read().decode()


def test_a_function_can_be_called_by_name() -> None:
    with LocalCloud(seeds=False) as cloud:
        cloud.invoke("sweep", {})
        assert cloud.state()["accounts"] == 0
