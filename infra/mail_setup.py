"""SES: the part of it that no template can set, and what only a person can do, in DNS and by asking AWS."""

from collections.abc import Iterator
from typing import Any

from infra.wanted import Wanted


def activate_rules(ses: Any, wanted: Wanted) -> Iterator[str]:
    """Makes the desk's rules for letters the active ones. Another active set is somebody's: it is left, and told of."""
    active = ses.describe_active_receipt_rule_set().get("Metadata", {}).get("Name", "")
    if active == wanted.app_stack:
        return
    if active:
        yield f"NOT DONE: letters don't reach the desk, another rule set is active in this account and region: {active}"
        yield "infra/README.md (Another rule set) tells what to do"
        return
    ses.set_active_receipt_rule_set(RuleSetName=wanted.app_stack)
    yield f"letters: the rule set {wanted.app_stack} is active"


def deactivate_rules(ses: Any, wanted: Wanted) -> None:
    """The active rule set can't be deleted."""
    if ses.describe_active_receipt_rule_set().get("Metadata", {}).get("Name") == wanted.app_stack:
        ses.set_active_receipt_rule_set()


def left_to_do(sesv2: Any, wanted: Wanted) -> Iterator[str]:
    """The steps that are still a person's, as SES sees it now."""
    identity = sesv2.get_email_identity(EmailIdentity=wanted.domain)
    dkim = identity.get("DkimAttributes", {})
    if dkim.get("Status") != "SUCCESS":
        for token in dkim.get("Tokens", []):
            yield f"to do, DNS: CNAME {token}._domainkey.{wanted.domain} to {token}.dkim.amazonses.com"
    if not identity.get("VerifiedForSendingStatus"):
        yield f"to do, DNS: MX {wanted.domain} to 10 inbound-smtp.{wanted.region}.amazonaws.com"
        yield f"SES has not verified {wanted.domain} yet: within an hour of the records above, at most 72"
    if not sesv2.get_account().get("ProductionAccessEnabled"):
        yield "to do: this account is in SES's sandbox, it mails nobody yet (infra/README.md, Out of the sandbox)"
