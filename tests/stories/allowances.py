"""What the stories used of what the policies allow: each process notes it, the end of a whole run looks at it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from infra.local.permissions import Permissions

BY_LAMBDA_ITSELF = {
    "Logs": "Lambda writes the function's output",
    "Stream": "Lambda reads the table's stream for the function",
    "Streams": "Lambda lists the streams that there are",
    "GivenUpEvents": "Lambda lays aside an event that failed for good",
    "GivenUpRecords": "Lambda lays aside a place in the stream that failed for good",
}
"""Statements that no code of ours uses: Lambda does this under the function's role. test_policies.py holds each of them
against the template."""

STORIES = frozenset(each.name for each in Path(__file__).parent.glob("test_*.py"))


@dataclass(kw_only=True)
class Noted:
    """What was deployed, and what was used of it, in words."""

    deployed: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)

    def note(self, permissions: Permissions) -> None:
        """Remembers it of a cloud that ends now."""
        self.deployed.update(str(each) for each in permissions.all() if each.sid not in BY_LAMBDA_ITSELF)
        self.used.update(str(each) for each in permissions.used if each.sid not in BY_LAMBDA_ITSELF)

    def complaint(self) -> str:
        """What no story used, or nothing."""
        unused = sorted(self.deployed - self.used)
        return "\n".join(["allowed, and used by no story (.chalice/policy-*.json):", *unused]) if unused else ""


noted = Noted()
"""Of this process; at the end, in the one that began, of all."""


def are_whole(files: Iterable[Path]) -> bool:
    """Whether tests out of these files are all stories."""
    return {each.name for each in files} >= STORIES
