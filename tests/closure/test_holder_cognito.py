"""Holder kind `cognito`: a user, found by name or by an attribute, and its sessions."""

import itertools
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.closure.holders.cognito import CognitoHolder
from chalicelib.closure.ledger import Look
from chalicelib.reading import WrongFields, read
from chalicelib.tickets.ticket import AccountRef
from tests.closure.company import aws, never

PASSWORD = "Correct-Horse-7"
_numbers = itertools.count()


@pytest.fixture(scope="module")
def pool(surroundings: None) -> str:
    return str(aws("cognito-idp").create_user_pool(PoolName="customers")["UserPool"]["Id"])


@pytest.fixture
def account() -> AccountRef:
    return AccountRef(account_id=f"acc-{next(_numbers)}", generation=1)


def user(pool: str, name: str, **attributes: str) -> str:
    """Its `sub`."""
    listed = [{"Name": key, "Value": value} for key, value in attributes.items()]
    made = aws("cognito-idp").admin_create_user(UserPoolId=pool, Username=name, UserAttributes=listed)
    aws("cognito-idp").admin_set_user_password(UserPoolId=pool, Username=name, Password=PASSWORD, Permanent=True)
    return str(next(each["Value"] for each in made["User"]["Attributes"] if each["Name"] == "sub"))


def names(pool: str) -> set[str]:
    return {each["Username"] for each in aws("cognito-idp").list_users(UserPoolId=pool)["Users"]}


def test_the_user_of_that_name_is_seen_and_erased_and_nobody_else(pool: str, account: AccountRef) -> None:
    holder = CognitoHolder(user_pool=pool, username="{account_id}")
    user(pool, account.account_id)
    user(pool, f"{account.account_id}-too")
    assert holder.look(account) == Look(found="some", count=1)
    for _ in range(2):
        holder.erase(account, enough=never)
    assert holder.look(account) == Look(found="nothing")
    assert f"{account.account_id}-too" in names(pool)


def test_a_session_ends_with_its_user(pool: str, account: AccountRef) -> None:
    user(pool, account.account_id)
    client = aws("cognito-idp").create_user_pool_client(
        UserPoolId=pool, ClientName="app", ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]
    session = aws("cognito-idp").admin_initiate_auth(
        UserPoolId=pool, ClientId=client, AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": account.account_id, "PASSWORD": PASSWORD},
    )["AuthenticationResult"]["AccessToken"]  # fmt: skip
    assert aws("cognito-idp").get_user(AccessToken=session)["Username"] == account.account_id
    CognitoHolder(user_pool=pool, username="{account_id}").erase(account, enough=never)
    with pytest.raises(aws("cognito-idp").exceptions.ClientError, match=r"NotAuthorized|UserNotFound"):
        aws("cognito-idp").get_user(AccessToken=session)


@pytest.mark.parametrize("value", ["{account_id}", "customer:{account_id}"])
def test_every_user_with_that_attribute_is_found(pool: str, account: AccountRef, value: str) -> None:
    holder = CognitoHolder(user_pool=pool, attribute="preferred_username", value=value)
    preferred = value.replace("{account_id}", account.account_id)
    mine = {user(pool, f"{account.account_id}-{nth}", preferred_username=preferred) for nth in range(2)}
    user(pool, f"other-{account.account_id}", preferred_username="another")
    assert len(mine) == 2
    assert holder.look(account) == Look(found="some", count=2)
    holder.erase(account, enough=never)
    assert holder.look(account) == Look(found="nothing")
    assert f"other-{account.account_id}" in names(pool)


def test_a_user_is_found_by_its_sub_where_that_is_the_account(pool: str, account: AccountRef) -> None:
    sub = user(pool, account.account_id)
    holder = CognitoHolder(user_pool=pool, attribute="sub")
    theirs = AccountRef(account_id=sub, generation=1)
    assert holder.look(theirs) == Look(found="some", count=1)
    holder.erase(theirs, enough=never)
    assert account.account_id not in names(pool)


def test_nobody_of_that_name_is_nothing(pool: str, account: AccountRef) -> None:
    holder = CognitoHolder(user_pool=pool, username="{account_id}")
    holder.erase(account, enough=never)
    assert holder.look(account) == Look(found="nothing")


def test_a_pool_that_is_not_there_is_no_nothing(surroundings: None, account: AccountRef) -> None:
    holder = CognitoHolder(user_pool="eu-west-1_nowhere", username="{account_id}")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        holder.look(account)


@pytest.mark.parametrize(
    "given", [{}, {"username": "{account_id}", "attribute": "sub"}, {"attribute": "custom:account"}, {"username": "x"}]
)
def test_a_user_is_found_in_one_way_that_cognito_has(given: dict[str, Any]) -> None:
    with pytest.raises(WrongFields):
        read({"user_pool": "p", **given}, CognitoHolder)


def test_what_cognito_lists_it_lists_eventually() -> None:
    assert CognitoHolder(user_pool="p", username="{account_id}").settles_in == 0
    assert CognitoHolder(user_pool="p", attribute="sub").settles_in == 10
