"""What policies allow for rare cases, played: what no other story comes by, so that no allowance is there untried."""

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.closure.company import LAW, Company, aws, certificates, company_at, keep_secret
from tests.closure.stores import Crm
from tests.stories.conftest import USUAL
from tests.stories.floods import warnings
from tests.stories.letters import CLOSE, letter, quarantined, stranger
from tests.stories.people import Desk
from tests.stories.test_mail_attachments import letter_with_scan

HOLDERS = """
[[holder]]
name = "users"
kind = "cognito"
user_pool = "{user_pool}"
username = "{account_id}"

[[holder]]
name = "orders"
kind = "dynamodb"
table = "{stage}-orders"
key = "account_id"

[[holder]]
name = "invoices"
kind = "s3"
bucket = "{stage}-invoices"
prefix = "{account_id}/"
basis = "LAW"

[[holder]]
name = "members"
kind = "cognito"
user_pool = "{user_pool}"
attribute = "preferred_username"

[[holder]]
name = "crm"
kind = "webhook"
url = "COMPANY"
key = "/signoff/{stage}/hooks/crm"
timeout = 5
"""
INVOICES = "dev-invoices"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Company, dict[str, str]]]:
    """A company whose invoices are locked, and the settings of a desk for it that answers one stranger an hour."""
    folder = tmp_path_factory.mktemp("company")
    made = certificates(folder)
    with company_at(made.context()) as found:
        listed = folder / "holders.toml"
        listed.write_text(HOLDERS.replace("COMPANY", found.url).replace("LAW", LAW))
        found.says = Crm(company=found).answer
        reached = {"HOOKS_CA_FILE": str(Path(made.authority)), "HOOKS_MAY_REACH": "127.0.0.0/8,::1/128"}
        watched = {"LOOK_AGAIN_FOR": "P3D", "ACKS_PER_HOUR": "1"}
        yield (
            found,
            USUAL | reached | watched | {"HOLDERS": str(listed), "USER_POOL": "customers", "KEPT_BY_LAW": LAW},
        )


@pytest.fixture
def desk(company: tuple[Company, dict[str, str]], desk_with: Callable[..., Desk]) -> Desk:
    found = desk_with(**company[1])
    if INVOICES not in {each["Name"] for each in aws("s3").list_buckets()["Buckets"]}:
        region = {"LocationConstraint": os.environ["AWS_REGION"]}
        aws("s3").create_bucket(Bucket=INVOICES, CreateBucketConfiguration=region, ObjectLockEnabledForBucket=True)
        keep_secret()
    return found


def test_an_account_with_locked_invoices_and_users_found_by_an_attribute_is_closed_and_looked_at_again(
    desk: Desk,
) -> None:
    lan, an = desk.customer(), desk.agent()
    pool = aws("cognito-idp").list_user_pools(MaxResults=1)["UserPools"][0]["Id"]
    of_lan = [{"Name": "preferred_username", "Value": lan.account_id}]
    aws("cognito-idp").admin_create_user(UserPoolId=pool, Username=lan.account_id)
    aws("cognito-idp").admin_create_user(UserPoolId=pool, Username="member", UserAttributes=of_lan)
    aws("s3").put_object(
        Bucket=INVOICES, Key=f"{lan.account_id}/1.pdf", Body=b"x", ObjectLockMode="COMPLIANCE",
        ObjectLockRetainUntilDate=desk.cloud.now() + timedelta(days=365), ChecksumAlgorithm="SHA256",
    )  # fmt: skip
    number = lan.asks_to_close()
    told = an.call("GET", f"/desk/tickets/{number}/dry-run").ok()["holders"]
    assert {each["holder"]: each["found"] for each in told} == {
        "users": "some", "orders": "some", "invoices": "kept", "members": "some", "crm": "nothing", "account": "some",
    }  # fmt: skip
    an.erases_now(lan, number)
    desk.advance("PT1M")
    ledger = {each["holder"]: each for each in an.ticket(number)["ledger"]}
    assert an.ticket(number)["status"] == "closed"
    assert (ledger["invoices"]["found"], ledger["invoices"]["basis"]) == ("kept", LAW)
    aws("cognito-idp").admin_create_user(UserPoolId=pool, Username="restored", UserAttributes=of_lan)
    desk.advance("P2D")
    assert an.ticket(number)["cause"] == "members: some"


def test_a_released_letter_keeps_what_was_attached_to_it(desk: Desk) -> None:
    eve, an = stranger(desk), desk.agent()
    ses_id = desk.letter(letter_with_scan(eve.address), spam="FAIL")
    assert quarantined(desk, ses_id)
    an.call("POST", f"/desk/quarantine/{ses_id}/release").ok()
    (attached,) = an.ticket(eve.ticket())["letters"][0]["attachments"]
    assert attached["type"] == "application/pdf"


def test_operators_hear_once_that_strangers_are_answered_no_more(desk: Desk) -> None:
    with warnings() as told:
        for _ in range(3):
            eve = stranger(desk)
            desk.letter(letter(eve.address, CLOSE))
    assert len([each for each in told if "answers to strangers" in each]) == 1


def test_a_notice_that_no_mail_can_carry_is_given_up_and_operators_are_told(desk: Desk) -> None:
    """SES takes no domain as long as that; an account may have it."""
    lan = desk.customer(email="lan@" + "x" * 50 + ".y" * 80 + ".example")
    with warnings() as told:
        number = lan.asks_to_close()
        desk.settle()
    assert [each["state"] for each in desk.agent().ticket(number)["notices"]] == ["failed"]
    assert [each for each in told if "could not be written" in each]
