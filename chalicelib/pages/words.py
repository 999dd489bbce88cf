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
        "address": N_("Mail address"), "number": N_("Number"),
    },
    "notice_state": {
        "waiting": N_("on its way"), "claimed": N_("on its way"), "sent": N_("sent"), "delivered": N_("delivered"),
        "bounced": N_("could not be delivered"), "complained": N_("reported as unwanted"),
        "given_up": N_("could not be sent"),
    },
}  # fmt: skip


def name(group: str, key: str, language: Language) -> str:
    """What people read for a key of this group; the key itself where it has no name."""
    if group == "product":
        return catalog.PRODUCTS.get(key, {}).get(language, key)
    if group == "category":
        return catalog.CATEGORIES.get(key, {}).get(language, key)
    return say(language, _NAMES[group].get(key, key))
