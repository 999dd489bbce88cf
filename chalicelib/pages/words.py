"""Words of the pages that stand in no template: names of things by their key, and times as distances."""

from datetime import datetime, timedelta
from typing import Final

from chalicelib.language import N_, Language, say
from chalicelib.tickets import catalog

_IN: Final[dict[str, tuple[str, str]]] = {
    "days": (N_("in one day"), N_("in {count} days")),
    "hours": (N_("in one hour"), N_("in {count} hours")),
    "minutes": (N_("in one minute"), N_("in {count} minutes")),
}
_AGO: Final[dict[str, tuple[str, str]]] = {
    "days": (N_("one day ago"), N_("{count} days ago")),
    "hours": (N_("one hour ago"), N_("{count} hours ago")),
    "minutes": (N_("one minute ago"), N_("{count} minutes ago")),
}
_UNITS: Final = (("days", timedelta(days=1)), ("hours", timedelta(hours=1)), ("minutes", timedelta(minutes=1)))


_FOR: Final[dict[str, tuple[str, str]]] = {
    "years": (N_("one year"), N_("{count} years")),
    "days": (N_("one day"), N_("{count} days")),
    "hours": (N_("one hour"), N_("{count} hours")),
    "minutes": (N_("one minute"), N_("{count} minutes")),
}
_LENGTHS: Final = (("years", timedelta(days=365)), *_UNITS)


def how_long(length: timedelta, language: Language) -> str:
    """`7 days`, `36 hours`, `15 minutes`: in the largest unit that tells it whole, else in whole minutes."""
    unit, one = next((each for each in _LENGTHS if length >= each[1] and not length % each[1]), _UNITS[-1])
    single, many = _FOR[unit]
    count = length // one
    return say(language, single) if count == 1 else say(language, many, count=count)


def from_now(at: datetime, now: datetime, language: Language) -> str:
    """`in 3 days`, `2 hours ago`, `now`: whole units, cut, so that a deadline is never shown farther than it is."""
    apart, forms = (at - now, _IN) if at >= now else (now - at, _AGO)
    for unit, length in _UNITS:
        if count := apart // length:
            one, many = forms[unit]
            return say(language, one) if count == 1 else say(language, many, count=count)
    return say(language, N_("now"))


_NAMES: Final[dict[str, dict[str, str]]] = {
    "kind": {"closure": N_("Account closure"), "support": N_("Question")},
    "field": {
        "subject": N_("Subject"), "content": N_("Content"), "text": N_("Text"), "reason": N_("Reason"),
        "product": N_("Product"), "category": N_("Category"), "code": N_("Code"), "stop_code": N_("Stop code"),
        "address": N_("Mail address"), "number": N_("Number"), "understood": N_("I understand"),
    },
    "by": {
        "customer": N_("You"), "asker": N_("The asker"), "owner": N_("From the address on file"),
        "agent": N_("Technical team"), "desk": N_("Automatic"), "system": N_("Another system"),
    },
    "why": {
        "sign_in": N_("by signing in"), "code": N_("by the code that was mailed"),
        "facts": N_("by facts that two agents compared"),
        "not_me": N_("somebody said: that was not me"), "stop": N_("somebody asked to stop it"),
        "withdraw": N_("somebody asked to withdraw it"), "signed_in": N_("somebody signed in to the account"),
        "account_gone": N_("the account was no longer there"),
        "other_generation": N_("the account was registered anew"),
        "unproved": N_("it could not be verified who asked"), "not_owner": N_("who asked is not the owner"),
        "blocked": N_("something was not settled in time"), "duplicate": N_("there is another request for it"),
        "fraud_suspected": N_("something about it did not look right"),
        "legal_hold": N_("the law forbids to erase it now"),
        "cannot_tell": N_("our own check did not answer"),
        "asked_elsewhere": N_("it was asked for in another way"), "other": N_("for another reason"),
    },
    "notice": {
        "received": N_("Request received"), "received_confirm": N_("Request received; please confirm"),
        "acknowledged": N_("Request received"), "code": N_("Code to confirm"),
        "code_for_expedite": N_("Code to ask for it sooner"), "verified": N_("Ownership verified"),
        "scheduled": N_("Closure scheduled"), "on_hold": N_("Request on hold"),
        "blocked": N_("Something must be settled first"), "closing": N_("Erasing has begun"),
        "closed": N_("Closed: account removed"), "rejected": N_("Request rejected"),
        "withdrawn": N_("Request withdrawn"), "expired": N_("Verification expired"),
        "reminder_proof": N_("Reminder with a fresh code"),
        "reminder_cooling_off": N_("Reminder: the waiting time ends"),
        "more_needed": N_("We need something more"), "code_refused": N_("Code not accepted"),
        "how_to_reply_code": N_("How to send the code"), "agent_reply": N_("Answer of the technical team"),
        "support_received": N_("Question received"), "resolved": N_("Question answered"),
        "warning_on_file": N_("Warning to the address on file"),
        "deadline_extended": N_("We need more time"),
    },
    "notice_state": {
        "waiting": N_("on its way"), "claimed": N_("on its way"), "sent": N_("sent"), "delivered": N_("delivered"),
        "bounced": N_("could not be delivered"), "complained": N_("reported as unwanted"),
        "failed": N_("could not be sent"), "skipped": N_("no longer needed"),
    },
}  # fmt: skip


def name(group: str, key: str, language: Language) -> str:
    """What people read for a key of this group; the key itself where it has no name."""
    if group == "product":
        return catalog.PRODUCTS.get(key, {}).get(language, key)
    if group == "category":
        return catalog.CATEGORIES.get(key, {}).get(language, key)
    return say(language, _NAMES[group].get(key, key))
