"""Generated requests against the whole desk by what it says of itself in /openapi.json, and what came of them.

Schemathesis makes the requests: for each operation what just fits its description, what just doesn't, and chains of
calls along the links of the description. Its checks compare each answer with the description.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder

from chalicelib.cursors import NOT_OURS
from chalicelib.language import LANGUAGES, say
from chalicelib.tickets.api import NEEDED, NOT_FOR_YOU
from chalicelib.tickets.canned_replies_api import KEY_TWICE
from chalicelib.tickets.desk_api import IN_THE_PAST, TOO_FAR
from tests.issuing import Issuer, new_key
from tests.stories.people import Desk, Json

SETTINGS: Final = {
    "LOOK_AGAIN_FOR": "P1D",
    "CLOSURES_PER_HOUR": "100000",
    "TICKETS_A_DAY": "100000",
    "ACKS_PER_HOUR": "100000",
}
"""Budgets are for people; behind a used up one nothing else would be found."""

_ACCEPTED: Final = {
    "negative_data_rejection",
    "missing_required_header",
    "ignored_auth",
    "use_after_free",
    "ensure_resource_availability",
    "object_level_authorization",
}
"""Checks that fail where something was accepted that must not be."""
_REFUSED: Final = "positive_data_acceptance"


@dataclass(frozen=True, kw_only=True)
class Excuse:
    """A request that the description allows and the desk rightly refuses, since no JSON Schema can say why.

    It excuses this operation only, and only an answer that says nothing else is wrong: with this sentence for the
    field, or with this code.
    """

    operations: tuple[str, ...]
    why: str
    field: str = ""
    sentences: tuple[str, ...] = ()
    code: str = "bad_input"


EXCUSES: Final = (
    Excuse(
        operations=("GET /tickets", "GET /desk/tickets", "GET /desk/quarantine"),
        why="a cursor is good only where an earlier answer gave it: it is sealed with a key",
        field="cursor",
        sentences=(NOT_OURS,),
    ),
    Excuse(
        operations=("POST /desk/tickets/{id}/hold",),
        why="the date of a review must lie ahead: a schema doesn't know what time it is",
        field="review_at",
        sentences=(IN_THE_PAST, TOO_FAR),
    ),
    Excuse(
        operations=("PUT /desk/canned-replies",),
        why="keys must differ from each other: JSON Schema compares whole entries only",
        field="replies",
        sentences=(KEY_TWICE,),
    ),
    Excuse(
        operations=("POST /tickets",),
        why="who names an account depends on the token: a system must, a customer must not",
        field="account_id",
        sentences=(NOT_FOR_YOU, NEEDED),
    ),
    Excuse(
        operations=("POST /tickets",),
        why="an Idempotency-Key that was used for another request is refused, however well formed both are",
        code="idempotency_key_used_differently",
    ),
)


def excuse_for(operation: str, answer: Json) -> Excuse | None:
    """What excuses this refusal of a request that fits the description."""
    return next((each for each in EXCUSES if operation in each.operations and _is_all(each, answer)), None)


def _is_all(excuse: Excuse, answer: Json) -> bool:
    said = {say(language, sentence) for language in LANGUAGES for sentence in excuse.sentences}
    told = answer.get("fields", [])
    is_it = answer.get("code") == excuse.code and len(told) == len(excuse.sentences[:1])
    return is_it and all(each["name"] == excuse.field and each["problem"] in said for each in told)


@dataclass(kw_only=True)
class Figures:
    """What came of the requests of one role. `broken` tells each failure with the request that shows it."""

    role: str
    operations: set[str] = field(default_factory=set)
    requests: int = 0
    succeeded: int = 0
    server_errors: int = 0
    schema_violations: int = 0
    accepted: int = 0
    refused: int = 0
    excused: int = 0
    broken: list[str] = field(default_factory=list)

    def note(self, scenario: ScenarioRecorder) -> None:
        for case_id, interaction in scenario.interactions.items():
            self.requests += 1
            self.operations.add(scenario.cases[case_id].value.operation.label)
            status = interaction.response.status_code if interaction.response else 0
            self.succeeded += 200 <= status < 300
            self.server_errors += status >= 500
            if not 200 <= status < 500:
                self.broken.append(f"{status or 'no answer'}: {interaction.request.method} {interaction.request.uri}")
        for case_id, checks in scenario.checks.items():
            for check in checks:
                if check.failure_info:
                    self._note_failure(check.name, scenario, case_id, check.failure_info.code_sample)

    def _note_failure(self, check: str, scenario: ScenarioRecorder, case_id: str, sample: str) -> None:
        operation = scenario.cases[case_id].value.operation.label
        response = scenario.interactions[case_id].response
        text = response.content if response else b""
        if check == _REFUSED and response and excuse_for(operation, dict(response.json())):
            self.excused += 1
            return
        self.accepted += check in _ACCEPTED
        self.refused += check == _REFUSED
        self.schema_violations += check not in _ACCEPTED and check not in (_REFUSED, "not_a_server_error")
        self.broken.append(f"{check} of {operation}\n  {sample[:2_000]}\n  {text[:2_000].decode('utf-8', 'replace')}")


@dataclass(frozen=True, kw_only=True)
class Depth:
    """How long is tried: generated requests an operation, chains of calls; `coverage`: every border of every field.
    `paths`: those only; without any, all."""

    examples: int
    chains: int
    coverage: bool
    paths: tuple[str, ...] = ()


def tokens(desk: Desk) -> Mapping[str, str | None]:
    """A token for each role; the customer's account has tickets. "foreign": made by another in our issuer's name."""
    lan, john = desk.customer(), desk.customer(language="en", country=None)
    lan.asks_to_close()
    lan.opens(request="support", subject="Hóa đơn").ok(201)
    groups = ["desk-agent", "desk-admin"]
    stranger = Issuer(keys=[new_key()])
    return {
        "nobody": None,
        "customer": lan.token(),
        "agent": desk.agent().token(),
        "admin": desk.admin().token(),
        "accounts:write": desk.token(sub="crm", scope="accounts:write"),
        "tickets:write": desk.token(sub="crm", scope="tickets:write"),
        "all at once": john.token(groups=groups, scope="accounts:write tickets:write"),
        "expired": desk.token(sub="chi", groups=groups, account_id=lan.account_id, expires_in_s=-60),
        "foreign": stranger.token(iss=desk.cloud.issuer.url, sub="chi", groups=groups, account_id=lan.account_id),
    }


def fuzz(desk: Desk, role: str, token: str | None, depth: Depth) -> Figures:
    """Every operation of the description, asked by this role; the same requests each time."""
    figures = Figures(role=role)
    for event in _events(desk, token, depth):
        if isinstance(event, events.ScenarioFinished):
            figures.note(event.recorder)
        elif isinstance(event, events.NonFatalError | events.FatalError):
            figures.broken.append(f"{type(event).__name__}: {event}")
    return figures


def _events(desk: Desk, token: str | None, depth: Depth) -> Iterator[object]:
    config = SchemathesisConfig.from_dict(
        {
            "base-url": desk.cloud.desk_url,
            "headers": {"Authorization": f"Bearer {token}"} if token else {},
            "continue-on-failure": True,
            "request-timeout": 60,
            "dictionaries": _known(desk),
            "parameters": _BINDINGS,
            "generation": {"deterministic": True, "no-shrink": True, "max-examples": depth.examples},
            "phases": {
                "examples": {"enabled": False},
                "coverage": {"enabled": depth.coverage},
                "fuzzing": {"enabled": depth.examples > 0},
                "stateful": {
                    "enabled": depth.chains > 0,
                    "max-steps": 10,
                    "generation": {"max-examples": max(1, depth.chains)},
                },
            },
        }
    )
    schema = schemathesis.openapi.from_url(f"{desk.cloud.desk_url}/openapi.json", config=config)
    chosen = schema.include(path=list(depth.paths)) if depth.paths else schema
    return iter(from_schema(chosen).execute())


_BINDINGS: Final[Json] = {
    "path.id": {"dictionary": "ids", "probability": 0.6},
    "body.expected_version": {"dictionary": "versions", "probability": 0.8},
}
"""A number of six random letters is never a ticket's: most ids are ones that are there."""


def _known(desk: Desk) -> Json:
    numbers = [each["number"] for each in desk.agent().call("GET", "/desk/tickets?limit=10").ok()["items"]]
    return {"ids": {"values": [*numbers, "acc-0001"]}, "versions": {"values": [1, 2, 3, 4, 5, 6]}}


def table(rows: Iterable[Figures]) -> list[str]:
    """The figures as lines of text, one a role."""
    columns: Mapping[str, Callable[[Figures], Any]] = {
        "role": lambda each: each.role,
        "operations": lambda each: len(each.operations),
        "requests": lambda each: each.requests,
        "2xx": lambda each: each.succeeded,
        "5xx": lambda each: each.server_errors,
        "schema violations": lambda each: each.schema_violations,
        "accepted invalid": lambda each: each.accepted,
        "refused valid": lambda each: each.refused,
        "excused": lambda each: each.excused,
    }
    cells = [[*columns], *([str(tell(each)) for tell in columns.values()] for each in rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(columns))]
    return ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in cells]
