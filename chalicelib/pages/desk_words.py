"""What agents read for every code of the desk: causes, standings, verdicts, reasons, deadlines, who did something."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from chalicelib.language import N_, Language, say, status_name
from chalicelib.pages.words import from_now
from chalicelib.tickets.agenda import WARN_BEFORE

_OVERDUE: Final = (
    (timedelta(days=1), N_("one day overdue"), N_("{count} days overdue")),
    (timedelta(hours=1), N_("one hour overdue"), N_("{count} hours overdue")),
    (timedelta(minutes=1), N_("one minute overdue"), N_("{count} minutes overdue")),
)
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def due(at: datetime, now: datetime, language: Language) -> str:
    """`in 2 days`, `3 hours overdue`."""
    if at > now:
        return from_now(at, now, language)
    for unit, one, many in _OVERDUE:
        if count := (now - at) // unit:
            return say(language, one) if count == 1 else say(language, many, count=count)
    return say(language, N_("due now"))


def urgency(at: datetime, now: datetime) -> str:
    """The colour of a deadline: `late`, `soon` (from when agents are warned on), or none."""
    if at <= now:
        return "late"
    return "soon" if at - now <= WARN_BEFORE else ""


def short_time(at: datetime, language: Language, zone: str) -> str:
    """`27/11/2026 14:05` or `27 Nov 2026, 14:05`, for columns; whole sentences have `date_in_words`."""
    here = at.astimezone(ZoneInfo(zone))
    if language == "vi":
        return f"{here:%d/%m/%Y %H:%M}"
    return f"{here.day} {_MONTHS[here.month - 1]} {here.year}, {here:%H:%M}"


def size(count: int) -> str:
    """Bytes as people say them."""
    for unit, bytes_of_unit in (("MB", 1_000_000), ("kB", 1_000)):
        if count >= bytes_of_unit:
            return f"{count / bytes_of_unit:.1f} {unit}"
    return f"{count} B"


def who(by: str, me: str, language: Language) -> str:
    """Who made a change: `an`, `you`, `the customer`, `Signoff`."""
    kind, _, sub = by.partition(":")
    if kind == "agent":
        return say(language, N_("you")) if sub == me else sub
    if kind == "system":
        return say(language, N_("system {name}"), name=sub)
    return name("by", by, language)


_CAUSES: Final = {
    "StillThere": N_("{holder} still shows data ({found})"),
    "HolderFailed": N_("{holder} refused ({found})"),
    "NotLookedAgain": N_("not read again after erasing: {holder}"),
    "": N_("{holder} shows data again ({found})"),
}


def cause(text: str, language: Language) -> str:
    """Why a ticket needs attention, as a sentence; what isn't of our own making stands as it is."""
    kind, _, rest = text.partition(" ") if text.partition(" ")[0] in _CAUSES else ("", "", text)
    holder, colon, found = rest.partition(": ")
    if not kind and not colon:
        return text
    where = ", ".join(holder_name(each, language) for each in holder.split(", "))
    return say(language, _CAUSES[kind], holder=where, found=name("found", found, language))


def holder_name(holder: str, language: Language) -> str:
    """A system as it is configured; the account record, which isn't, by a name of its own."""
    return say(language, N_("account record")) if holder == "account" else holder


def why(text: str, language: Language) -> str:
    """The coded reason of a change."""
    return name("why", text, language) if text in _NAMES["why"] else cause(text, language)


def name(group: str, key: str, language: Language) -> str:
    """What agents read for a key of this group; the key itself where it has no name."""
    if group == "status" and key != "needs_attention":
        return status_name(key, language)
    return say(language, _NAMES[group].get(key, key))


_STANDINGS: Final = {
    "authenticated": N_("sender confirmed"),
    "unconfirmed": N_("sender not confirmed"),
    "suspect": N_("sender may be forged"),
}
_REASONS: Final = {
    "unproved": N_("ownership was not proved"),
    "not_owner": N_("the asker is not the owner"),
    "blocked": N_("something must be settled first"),
    "duplicate": N_("another request is open for this account"),
    "fraud_suspected": N_("suspected misuse"),
    "legal_hold": N_("the law forbids erasing now"),
    "asked_elsewhere": N_("it belongs to another service"),
    "other": N_("another reason"),
}
_PROOFS: Final = {
    "sign_in": N_("by a fresh sign-in"),
    "code": N_("by the code from the address on file"),
    "facts": N_("by facts, compared by two agents"),
}

_NAMES: Final[dict[str, dict[str, str]]] = {
    "status": {"needs_attention": N_("Needs attention")},
    "by": {
        "customer": N_("the customer, signed in"),
        "asker": N_("the asker"),
        "owner": N_("the address on file"),
        "desk": N_("the desk itself"),
    },
    "way_in": {
        "portal": N_("portal, signed in"),
        "mail": N_("mail"),
        "public": N_("public page"),
        "system": N_("another system"),
        "desk": N_("phone or chat"),
    },
    "proof": _PROOFS,
    "standing": _STANDINGS,
    "verdict": {"spf": "SPF", "dkim": "DKIM", "dmarc": "DMARC", "spam": N_("spam check"), "virus": N_("virus check")},
    "verdict_said": {
        "PASS": N_("passed"),
        "FAIL": N_("failed"),
        "GRAY": N_("no clear result"),
        "PROCESSING_FAILED": N_("could not be checked"),
    },
    "letter": {
        "request": N_("the request itself"),
        "code": N_("brought a code"),
        "stop": N_("asked to stop"),
        "reply_to_ended": N_("came after the ticket had ended"),
        "other_sender": N_("from another sender"),
        "authenticated": N_("reply"),
        "unconfirmed": N_("reply"),
        "suspect": N_("reply"),
        "virus": N_("carries a virus"),
        "spam": N_("looks like spam"),
        "loop": N_("our own mail came back"),
        "bounce": N_("delivery report"),
        "complaint": N_("complaint about a mail of ours"),
        "automatic": N_("automatic answer"),
        "bulk": N_("bulk mail or mailing list"),
        "too_large": N_("too large to be read"),
        "unreadable": N_("could not be read"),
        "unplaced": N_("fits no ticket"),
    },
    "found": {
        "nothing": N_("nothing there"),
        "some": N_("data still there"),
        "kept": N_("kept by law"),
        "cannot_tell": N_("not known"),
        "residual": N_("goes by itself"),
        "registered_again": N_("the account id was registered again"),
        "not frozen": N_("the account is not locked"),
    },
    "found_now": {
        "nothing": N_("nothing there"),
        "some": N_("would be erased"),
        "kept": N_("kept by law"),
        "cannot_tell": N_("not known"),
    },
    "found_detail": {"erased_not_looked": N_("erased, not yet read again")},
    "reason": _REASONS,
    "why": {
        **_REASONS,
        **_PROOFS,
        "stop": N_("asked to stop"),
        "not_me": N_("says: it was not me"),
        "withdraw": N_("wanted to withdraw"),
        "signed_in": N_("somebody signed in to the account"),
        "account_gone": N_("the account is no longer there"),
        "other_generation": N_("the account id was registered again"),
        "cannot_tell": N_("the company’s own check did not answer"),
        "started_again": N_("the last run had not begun"),
    },
    "regime": {
        "gdpr": N_("European Union (GDPR)"),
        "ccpa": N_("California (CCPA)"),
        "vietnam": N_("Vietnam (Law 91/2025)"),
        "default": N_("our own promise"),
    },
    "account_status": {"active": N_("active"), "closing": N_("locked, being erased")},
    "language": {"vi": N_("Vietnamese"), "en": N_("English")},
    "fact": {
        "email": N_("Mail address"),
        "name": N_("Name"),
        "phone": N_("Phone"),
        "company": N_("Company"),
        "tax_code": N_("Tax code"),
        "legal_document": N_("Document of the legal representative"),
        "last_invoice_number": N_("Number of the last invoice"),
        "last_invoice_amount": N_("Amount of the last invoice"),
    },
    "notice": {
        "received": N_("request received"),
        "received_confirm": N_("received, asks for confirmation"),
        "acknowledged": N_("acknowledgement"),
        "code": N_("code"),
        "code_for_expedite": N_("code to bring the closure forward"),
        "verified": N_("ownership verified"),
        "scheduled": N_("closure scheduled"),
        "on_hold": N_("put on hold"),
        "blocked": N_("something must be settled first"),
        "closing": N_("erasing has begun"),
        "closed": N_("account removed"),
        "rejected": N_("request rejected"),
        "withdrawn": N_("request withdrawn"),
        "expired": N_("verification expired"),
        "reminder_proof": N_("reminder, with a fresh code"),
        "reminder_cooling_off": N_("reminder before erasing"),
        "more_needed": N_("needs more information"),
        "code_refused": N_("code not accepted"),
        "how_to_reply_code": N_("how to answer with the code"),
        "agent_reply": N_("agent’s reply"),
        "support_received": N_("question received"),
        "resolved": N_("question resolved"),
        "warning_on_file": N_("warning to the address on file"),
        "deadline_extended": N_("deadline extended"),
    },
    "notice_state": {
        "waiting": N_("on its way"),
        "claimed": N_("on its way"),
        "sent": N_("sent"),
        "delivered": N_("delivered"),
        "bounced": N_("could not be delivered"),
        "complained": N_("reported as unwanted"),
        "failed": N_("could not be sent"),
        "skipped": N_("not needed any more"),
    },
    "field": {
        "reason": N_("Reason"),
        "reason_code": N_("Kind of reason"),
        "review_at": N_("Look at it again on"),
        "text": N_("Text"),
        "to": N_("Agent"),
        "into": N_("Number of the other ticket"),
        "account_ids": N_("Account ids"),
        "kind": N_("Kind"),
        "matched": N_("Facts that match"),
        "subject": N_("Subject"),
        "content": N_("Content"),
        "account_id": N_("Account id"),
        "address": N_("Mail address"),
        "language": N_("Language"),
        "expected_version": N_("Version"),
        "key": N_("Key"),
        "vi": N_("Vietnamese"),
        "en": N_("English"),
    },
}
