"""Holder kind `cognito`: a user of a Cognito user pool, with every session."""

from collections.abc import Callable
from functools import cache
from typing import Annotated, Any, Literal

from msgspec import Meta

from chalicelib import clients
from chalicelib.closure.holders import Holder, NotDone, Template, filled
from chalicelib.closure.ledger import Look
from chalicelib.tickets.ticket import AccountRef


@cache
def _client() -> Any:
    return clients.client("cognito-idp", connect_timeout=5, read_timeout=20)


class CognitoHolder(Holder, frozen=True, kw_only=True):
    """The user whose `username` is the account's (`{account_id}`), or every user whose `attribute` has that `value`.

    Cognito can only search by its standard attributes, not by custom ones. What it lists, it lists eventually; a user
    asked for by name is read as it is.
    """

    user_pool: Annotated[str, Meta(min_length=1)]
    username: Template | None = None
    attribute: Literal["sub", "preferred_username", "email", "phone_number", "name"] | None = None
    value: Template = "{account_id}"

    def __post_init__(self) -> None:
        if (self.username is None) == (self.attribute is None):
            raise ValueError("give either username or attribute")

    @property
    def settles_in(self) -> int:
        return 10 if self.attribute else 0

    def erase(self, account: AccountRef, *, enough: Callable[[], bool]) -> None:
        """Signs the user out everywhere first: deleting ends no session that a refresh token keeps."""
        for username in self._usernames(account):
            self._ask("admin_user_global_sign_out", username)
            self._ask("admin_delete_user", username)
            if enough():
                raise NotDone()

    def look(self, account: AccountRef) -> Look:
        count = sum(self._ask("admin_get_user", username) is not None for username in self._usernames(account))
        return Look(found="some", count=count) if count else Look(found="nothing")

    def _usernames(self, account: AccountRef) -> list[str]:
        if self.username is not None:
            return [filled(self.username, account)]
        wanted = filled(self.value, account).replace("\\", "\\\\").replace('"', '\\"')
        asked: dict[str, Any] = {"UserPoolId": self.user_pool, "Filter": f'{self.attribute} = "{wanted}"'}
        found: list[str] = []
        for page in _client().get_paginator("list_users").paginate(**asked):
            found += [each["Username"] for each in page["Users"]]
        return found

    def _ask(self, operation: str, username: str) -> Any:
        """The answer; None if there is no such user (any more)."""
        client = _client()
        try:
            return getattr(client, operation)(UserPoolId=self.user_pool, Username=username)
        except client.exceptions.UserNotFoundException:
            return None


KIND = CognitoHolder
