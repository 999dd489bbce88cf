"""Every refusal of the desk, and how each one sounds over HTTP.

Problem
├── SettingsWrong            the operator's settings can't be used
├── BadInput                 something in the request is wrong: every field at once
│   ├── TooLarge             the body is larger than we read
│   └── KeyUsedDifferently   an Idempotency-Key came again with another body
├── NotSignedIn              no token, or one that doesn't hold
│   └── SignInAgain          a good token, too old for what is asked
├── NotAllowed               signed in, but this is not yours to do
│   ├── OwnAccount           nobody decides on their own account
│   └── ForeignForm          a form that no page of ours sent
├── NotFound                 it isn't there, or it isn't yours to know
├── Conflict                 it doesn't fit what is so now
│   ├── ClosureAlreadyOpen   one live closure for an account
│   ├── ChangedMeanwhile     somebody was faster
│   ├── NotNow               this ticket's status doesn't allow it
│   ├── NotProved            nothing is decided before ownership is proved
│   ├── NotAsked             the customer didn't ask for that
│   ├── CodeRefused          wrong, old, or used up
│   ├── NumberNeeded         a page's form was sent without the number typed
│   ├── AccountClosing       the account is being erased
│   ├── OnHold               an admin's hold stands in the way
│   ├── Blocked              something that the customer must clear stands in the way
│   └── CannotTell           the company's own check doesn't say whether something does
├── TooMany                  a budget is used up; says when to try again
└── Busy                     a race or an outage wasn't over in time; try again

A sentence is English here and is its own key in the gettext catalogues.
"""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, ClassVar


@dataclass(kw_only=True, eq=False, repr=False)
class Problem(Exception):
    """A refusal with a stable `code`, one sentence for people, and its facts as attributes."""

    code: ClassVar[str] = "problem"
    sentence: ClassVar[str] = "That can't be done."

    def __str__(self) -> str:
        return self.code  # facts may be personal; a log shows the code

    @property
    def facts(self) -> dict[str, Any]:
        return {each.name: getattr(self, each.name) for each in fields(self)}


@dataclass(kw_only=True, eq=False, repr=False)
class SettingsWrong(Problem):
    code = "settings_wrong"
    sentence = "The desk's settings are wrong."
    wrong: tuple[str, ...]

    def __str__(self) -> str:
        return "; ".join(self.wrong)


@dataclass(kw_only=True, eq=False, repr=False)
class BadInput(Problem):
    """`fields`: name and what is wrong with it, as whole sentences in English (keys of the catalogues)."""

    code = "bad_input"
    sentence = "Something in the request is wrong; see the fields."
    fields: tuple[tuple[str, str], ...] = ()


class TooLarge(BadInput):
    code = "too_large"
    sentence = "The request is larger than we read."


class KeyUsedDifferently(BadInput):
    code = "idempotency_key_used_differently"
    sentence = "This Idempotency-Key was used with another request; use a new key."


class NotSignedIn(Problem):
    code = "not_signed_in"
    sentence = "Please sign in."


@dataclass(kw_only=True, eq=False, repr=False)
class SignInAgain(NotSignedIn):
    code = "sign_in_again"
    sentence = "Please sign in again: for this step your sign-in must be recent."
    within_s: int


class NotAllowed(Problem):
    code = "not_allowed"
    sentence = "You may not do this."


class OwnAccount(NotAllowed):
    code = "own_account"
    sentence = "Nobody decides on their own account; please ask a colleague."


class ForeignForm(NotAllowed):
    code = "foreign_form"
    sentence = (
        "This form didn't come from a page of ours, or it was open for too long. Go back, reload it and send it again."
    )


class NotFound(Problem):
    code = "not_found"
    sentence = "There is nothing here, or it isn't yours to see."


class Conflict(Problem):
    code = "conflict"
    sentence = "That doesn't fit what is so now."


@dataclass(kw_only=True, eq=False, repr=False)
class ClosureAlreadyOpen(Conflict):
    code = "closure_already_open"
    sentence = "A request to close this account is already open."
    number: str


class ChangedMeanwhile(Conflict):
    code = "changed_meanwhile"
    sentence = "Somebody was faster: this has changed. Look again before you decide."


@dataclass(kw_only=True, eq=False, repr=False)
class NotNow(Conflict):
    code = "not_now"
    sentence = "This can't be done while the ticket has its present status."
    status: str


class NotProved(Conflict):
    code = "not_proved"
    sentence = "Ownership isn't proved, or the asker's own word is missing."


class NotAsked(Conflict):
    code = "not_asked"
    sentence = "The customer has not asked for this."


class CodeRefused(Conflict):
    code = "code_refused"
    sentence = "This code is not right, too old, or used up. Ask for a new one."


class NumberNeeded(Conflict):
    code = "number_needed"
    sentence = "Please type the request's number as it stands on this page."


class AccountClosing(Conflict):
    code = "account_closing"
    sentence = "This account is being erased; it can be registered again afterwards."


class OnHold(Conflict):
    code = "on_hold"
    sentence = "A hold stands on this ticket; an admin must release it first."


class Blocked(Conflict):
    code = "blocked"
    sentence = "The customer must settle something first; the ticket names it."


class CannotTell(Conflict):
    code = "cannot_tell"
    sentence = (
        "The company's own check did not answer, so nobody can tell whether something stands in the way. "
        "Try again later."
    )


@dataclass(kw_only=True, eq=False, repr=False)
class TooMany(Problem):
    code = "too_many"
    sentence = "That was too often; please try again later."
    again_at: datetime


class Busy(Problem):
    code = "busy"
    sentence = "The desk is busy; please try again in a moment."


HTTP_STATUS: dict[type[Problem], int] = {
    SettingsWrong: 500,
    BadInput: 400,
    TooLarge: 413,
    KeyUsedDifferently: 422,
    NotSignedIn: 401,
    SignInAgain: 401,
    NotAllowed: 403,
    OwnAccount: 403,
    ForeignForm: 403,
    NotFound: 404,
    Conflict: 409,
    ClosureAlreadyOpen: 409,
    ChangedMeanwhile: 409,
    NotNow: 409,
    NotProved: 409,
    NotAsked: 409,
    CodeRefused: 409,
    NumberNeeded: 409,
    AccountClosing: 409,
    OnHold: 409,
    Blocked: 409,
    CannotTell: 409,
    TooMany: 429,
    Busy: 503,
}
