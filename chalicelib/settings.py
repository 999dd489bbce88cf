"""What an operator may set. The only file that reads the environment; checked whole, at first use."""

import os
import re
from dataclasses import MISSING, dataclass, field, fields
from datetime import timedelta
from functools import cache
from ipaddress import ip_network
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.problems import SettingsWrong


def _setting(says: str, default: Any = MISSING) -> Any:
    return field(default=default, metadata={"says": says})


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Settings:
    """One attribute a setting; the environment variable has its name in capitals."""

    # Where the desk stands
    public_url: str = _setting("The desk's address as customers see it, the stage's path included, no slash at the end")
    support_address: str = _setting("Where customers write; every mail comes from here")
    company: str = _setting("The company's name in mails and on pages", "Signoff")
    complaints_url: str = _setting("Where a refused customer may complain (the authority's page)", "")
    export_url: str = _setting("Where customers can take their data with them before they leave", "")

    # AWS parts, named by the template
    accounts_table: str = _setting("DynamoDB table of accounts")
    desk_table: str = _setting("DynamoDB table of tickets")
    letters_bucket: str = _setting("S3 bucket where SES lays letters")
    closure_workflow: str = _setting("ARN of the closure workflow")
    keys_parameter: str = _setting("SSM parameter (SecureString) that holds the desk's keys")
    receipt_keys_parameter: str = _setting("SSM parameter (SecureString) that holds the keys that sign receipts")
    keys_version: str = _setting(
        "Versions of all secrets; a deployment gives it, so that every process reads new keys", ""
    )
    warnings_topic: str = _setting("SNS topic for warnings to operators", "")
    event_bus: str = _setting("EventBridge bus for AccountClosing and AccountClosed", "default")
    configuration_set: str = _setting("SES configuration set, for delivery events", "")
    stage: str = _setting("Name of this deployment; `{stage}` in holders.toml", "dev")
    user_pool: str = _setting("Cognito user pool of customers; `{user_pool}` in holders.toml", "")

    # Sign-in
    issuer: str = _setting("OpenID Connect issuer, as in the token's `iss`")
    audience: str = _setting("The `aud` that tokens must carry", "signoff")
    client_id: str = _setting("The desk's own client at the issuer, for its pages; empty: the same as AUDIENCE", "")
    session_for: timedelta = _setting("How long a sign-in on the pages lasts", timedelta(hours=8))
    jwks_url: str = _setting("The issuer's keys; empty: found by OpenID Connect discovery", "")
    account_claim: str = _setting("Claim that names the account", "account_id")
    owner_claim: str = _setting("Claim that must be true for the account's owner; empty: whoever signs in owns it", "")
    sign_in_within: timedelta = _setting("How recent a sign-in must be to prove ownership", timedelta(minutes=15))

    # How the desk decides
    private_facts: frozenset[str] = _setting(
        "Facts no outsider knows, by comma: of each proof by facts at least one must match",
        frozenset({"last_invoice_number", "last_invoice_amount"}),
    )
    approval: str = _setting("`agent`: a person decides each closure; `automatic`: proved ones are scheduled", "agent")
    cooling_off: timedelta = _setting("Time between approval and erasing", timedelta(days=7))
    proof_within: timedelta = _setting("How long a ticket waits for proof", timedelta(days=7))
    regime: str = _setting("Deadline regime where the account's country has none of its own", "default")
    regimes: str = _setting("Regimes in use, by comma; the shortest dates an unproved ticket", "default,gdpr,vietnam")
    tickets_a_day: int = _setting("Tickets a customer may open a day", 10)
    acks_per_hour: int = _setting("Answers to strangers an hour, altogether", 200)
    closures_per_hour: int = _setting("The brake: more closures begun in an hour wait for an admin", 20)
    kept_by_law: frozenset[str] = _setting("Legal bases, by comma, on which a holder may keep data", frozenset())
    holders: str = _setting("File that lists the holders, beside chalicelib/closure/", "holders.toml")

    # The company's own systems, asked by signed HTTPS calls
    hooks_ca_file: str = _setting(
        "PEM file of authorities trusted beside the system's own, for the company's hosts", ""
    )
    hooks_may_reach: frozenset[str] = _setting(
        "Networks, by comma, that such calls may reach beside the public internet, such as 10.20.0.0/16", frozenset()
    )

    eligibility_url: str = _setting(
        "The company's own check before a closure (docs/eligibility.md); empty: nothing is asked", ""
    )
    eligibility_key_parameter: str = _setting("SSM parameter (SecureString) with the key that signs those calls", "")
    blocker_within: timedelta = _setting(
        "How long customers have to clear what that check names, if the deadline isn't sooner", timedelta(days=14)
    )

    # How long things are kept
    keep_after_end: timedelta = _setting("From a ticket's end until it is shrunk", timedelta(days=30))
    keep_rejected: timedelta = _setting("The same for a rejected ticket", timedelta(days=180))
    keep_tombstones: timedelta = _setting("From a ticket's end until its tombstone goes", timedelta(days=730))
    look_again_for: timedelta = _setting("How long closed accounts are looked at again", timedelta(days=35))

    # Letters
    largest_letter: int = _setting("Bytes of the largest letter that is read", 40_000_000)

    # Language and time
    default_language: str = _setting("Language where nothing else tells: `vi` or `en`", "vi")
    time_zone: str = _setting("Zone in which times are shown", "Asia/Ho_Chi_Minh")


@cache
def settings() -> Settings:
    """The settings of this process. Raises `SettingsWrong` with every fault at once."""
    return read(dict(os.environ))


def read(environment: dict[str, str]) -> Settings:
    """The settings that this environment holds, or `SettingsWrong` naming each one that is missing or wrong."""
    values: dict[str, Any] = {}
    wrong: list[str] = []
    for each in fields(Settings):
        name = each.name.upper()
        if name not in environment:
            if each.default is MISSING:
                wrong.append(f"{name} is missing")
            continue
        try:
            values[each.name] = _read_one(each.type, environment[name])
        except (ValueError, OverflowError) as error:
            wrong.append(f"{name}: {error}")
    if not wrong:
        wrong = _contradictions(found := Settings(**values))
        if not wrong:
            return found
    raise SettingsWrong(wrong=tuple(wrong))


def _read_one(kind: Any, text: str) -> Any:
    if kind is timedelta:
        return duration(text)
    if kind is frozenset or kind == frozenset[str]:
        return frozenset(each.strip() for each in text.split(",") if each.strip())
    return int(text) if kind is int else text


_DURATION = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


def duration(text: str) -> timedelta:
    """An ISO 8601 duration such as P7D or PT15M, without months and years (they have no fixed length)."""
    found = _DURATION.fullmatch(text)
    if not found or not any(found.groups()):
        raise ValueError(f"{text!r} is not a duration such as P7D or PT15M")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)


def as_text(value: Any) -> str:
    """A setting as its environment variable has it: what `read` reads back."""
    if isinstance(value, frozenset):
        return ",".join(sorted(value))
    if not isinstance(value, timedelta):
        return str(value)
    seconds = value.seconds
    parts = ((seconds // 3600, "H"), (seconds % 3600 // 60, "M"), (seconds % 60, "S"))
    time = "".join(f"{number}{letter}" for number, letter in parts if number)
    days = f"{value.days}D" if value.days or not time else ""
    return f"P{days}" + (f"T{time}" if time else "")


def is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def _wrong_hooks(chosen: Settings) -> list[str]:
    wrong = [f"HOOKS_MAY_REACH: {each!r} is not a network" for each in chosen.hooks_may_reach if not is_network(each)]
    if chosen.eligibility_url and not re.fullmatch(r"https://[^\s/@#][^\s@#]*", chosen.eligibility_url):
        wrong.append("ELIGIBILITY_URL must be an https:// address")
    if chosen.eligibility_url and not chosen.eligibility_key_parameter:
        wrong.append("ELIGIBILITY_URL needs an ELIGIBILITY_KEY_PARAMETER")
    return wrong


def _contradictions(chosen: Settings) -> list[str]:
    wrong = []
    if chosen.approval not in ("agent", "automatic"):
        wrong.append("APPROVAL must be agent or automatic")
    if chosen.approval == "automatic" and chosen.cooling_off < timedelta(hours=24):
        wrong.append("APPROVAL=automatic needs a COOLING_OFF of at least P1D")
    if chosen.default_language not in ("vi", "en"):
        wrong.append("DEFAULT_LANGUAGE must be vi or en")
    if chosen.public_url.endswith("/"):
        wrong.append("PUBLIC_URL must not end in a slash")
    if "@" not in chosen.support_address:
        wrong.append("SUPPORT_ADDRESS must be a mail address")
    wrong += _wrong_hooks(chosen)
    try:
        ZoneInfo(chosen.time_zone)
    except (ValueError, OSError, KeyError):
        wrong.append("TIME_ZONE is not a zone of the IANA database")
    return wrong
