"""Accounts, as other systems register and read them."""

from typing import Annotated, Literal

from msgspec import Meta, field
from msgspec.structs import asdict

from chalicelib.accounts import registering, store
from chalicelib.accounts.account import Account, Fields
from chalicelib.answers import Answer, View
from chalicelib.calls import ACCOUNTS_WRITER, AGENT, Call, Calls
from chalicelib.problems import AccountClosing
from chalicelib.reading import FilledLine, Input, Instant, Line, matching
from chalicelib.settings import settings
from chalicelib.signin import ACCOUNT_ID

calls = Calls(__name__)
_IDS = {"id": ACCOUNT_ID.pattern}
_COUNTRY = r"[A-Z]{2}"
_ADDRESS = r"[!#$%&'*+./0-9=?A-Z^_`a-z{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250})\.[A-Za-z0-9-]{1,63}"

Note = Annotated[Line, Meta(max_length=200)]


class AccountFields(Input, frozen=True, kw_only=True):
    """Everything the desk may know of an account. A PUT replaces all of it."""

    email: Annotated[str, matching(_ADDRESS), Meta(max_length=254)]
    name: Note | None = None
    phone: Annotated[Line, Meta(max_length=40)] | None = None
    company: Note | None = None
    tax_code: Annotated[Line, Meta(max_length=40)] | None = None
    country: Annotated[str, matching(_COUNTRY, says="ISO 3166-1 alpha-2")] | None = None
    language: Literal["vi", "en"] | None = None
    attributes: Annotated[dict[Annotated[FilledLine, Meta(max_length=64)], Note], Meta(max_length=50)] = field(
        default_factory=dict
    )


class AccountView(View, frozen=True, kw_only=True):
    account_id: str
    generation: int
    status: Literal["active", "closing"]
    email: str
    name: str | None
    phone: str | None
    company: str | None
    tax_code: str | None
    country: str | None
    language: Literal["vi", "en"] | None
    attributes: dict[str, str]
    changed_at: Instant


@calls.put(
    "/accounts/{id}", who=ACCOUNTS_WRITER, takes=AccountFields, answers={200: AccountView, 201: AccountView},
    says="Register an account, or replace all its fields", ids=_IDS, refuses=(AccountClosing,),
    id_at="/account_id",
)  # fmt: skip
def put_account(call: Call[AccountFields]) -> Answer:
    """201 for a new account, also for an id that was erased before: that is a new generation."""
    account, is_new = registering.register(call.path["id"], Fields(**asdict(call.given)))
    location = f"{settings().public_url}/accounts/{account.account_id}"
    return Answer(201 if is_new else 200, view_of(account), headers={"Location": location})


@calls.get("/accounts/{id}", who=ACCOUNTS_WRITER | AGENT, answers={200: AccountView}, says="See an account", ids=_IDS)
def get_account(call: Call[None]) -> Answer:
    return Answer(200, view_of(store.find(call.path["id"])))


def view_of(account: Account) -> AccountView:
    said = account.fields
    return AccountView(
        account_id=account.account_id, generation=account.generation, status=account.status, email=said.email,
        name=said.name, phone=said.phone, company=said.company, tax_code=said.tax_code, country=said.country,
        language=said.language, attributes=said.attributes, changed_at=account.changed_at,
    )  # fmt: skip
