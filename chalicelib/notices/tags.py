"""What SES is told beside a mail, and tells again in each of its events: which ticket's notice it is. Pure.

So a mail whose sending nobody wrote down (SES's answer was lost, or the process ended there) is known by what SES
tells of it, and isn't sent a second time. Tags hold ids only, of letters, digits, `_` and `-`:
https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_MessageTag.html
"""

from typing import Any

_TICKET, _NOTICE = "ticket", "notice"


def tags_of(number: str, key: str) -> list[dict[str, str]]:
    return [{"Name": _TICKET, "Value": number}, {"Name": _NOTICE, "Value": key.replace("#", "-")}]


def tagged(mail: dict[str, Any]) -> tuple[str, str] | None:
    """The ticket and the notice's key, of an event's `mail`; None if its tags name none."""
    said = mail.get("tags") or {}
    number, key = (next(iter(said.get(name) or []), "") for name in (_TICKET, _NOTICE))
    return (number, key.replace("-", "#")) if number and key else None
