"""Proof by facts, for whoever lost the mailbox on file: which facts count, and when they are enough. Pure.

An agent compares what the asker wrote with the account's own fields, which the asker never sees, and records only
the names of those that matched.
"""

from collections.abc import Mapping

from chalicelib.tickets.ticket import FactsRecord

FIELDS = frozenset({"email", "name", "phone", "company", "tax_code"})
LEGAL_DOCUMENT = "legal_document"  # shows who may speak for a company; deleted at the decision
LEAST = 3


def may_be_matched(fields: Mapping[str, str | None], attributes: Mapping[str, str]) -> frozenset[str]:
    """The facts that this account has something to compare with."""
    own = {name for name in FIELDS if fields.get(name)}
    document = {LEGAL_DOCUMENT} if fields.get("company") else set()
    return frozenset(own | document | {name for name, value in attributes.items() if value})


def is_enough(matched: frozenset[str], *, private: frozenset[str], is_company: bool) -> bool:
    """Whether one agent's comparison counts: at least three facts, at least one that no outsider knows, and for a
    company the document of its legal representative."""
    return len(matched) >= LEAST and bool(matched & private) and (not is_company or LEGAL_DOCUMENT in matched)


def are_four_eyes(records: tuple[FactsRecord, ...]) -> bool:
    """Whether two different agents have each recorded enough."""
    return len({each.agent for each in records}) >= 2
