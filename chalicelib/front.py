"""The front door: which file answers which address. The API's function opens one door at a time: a request to /tickets
doesn't wait until the desk's pages, which it never shows, are imported (docs/decisions/0009)."""

from collections.abc import Mapping
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any, Final

from chalice.app import Chalice

if TYPE_CHECKING:
    from chalicelib.calls import Calls

DOORS: Final[Mapping[str, tuple[str, ...]]] = {
    # pages
    "chalicelib.pages.signin:pages": ("/", "/signin", "/signed-in", "/signed-out", "/signout"),
    "chalicelib.pages.static_files:pages": ("/static",),
    "chalicelib.pages.public:pages": ("/close-account",),
    "chalicelib.pages.track:pages": ("/track",),
    "chalicelib.pages.portal:pages": ("/portal",),
    "chalicelib.pages.portal_ticket:pages": ("/portal/tickets",),
    "chalicelib.pages.desk:pages": ("/desk", "/desk/brake/off"),
    "chalicelib.pages.desk_new:pages": ("/desk/new",),
    "chalicelib.pages.desk_case:pages": ("/desk/case",),
    "chalicelib.pages.desk_letters:pages": ("/desk/letters",),
    "chalicelib.pages.desk_answers:pages": ("/desk/answers",),
    "chalicelib.pages.desk_figures:pages": ("/desk/figures",),
    # JSON
    "chalicelib.tickets.api:calls": ("/catalog", "/tickets"),
    "chalicelib.proof.api:calls": ("/tickets/{id}/expedite",),
    "chalicelib.closure.receipt_api:calls": (
        "/receipt-keys",
        "/tickets/{id}/receipt",
        "/track/{token}/receipt",
        "/desk/tickets/{id}/receipt",
    ),
    "chalicelib.closure.desk_api:calls": ("/desk/tickets/{id}/dry-run",),
    "chalicelib.tickets.desk_api:calls": ("/desk/tickets",),
    "chalicelib.proof.desk_api:calls": ("/desk/tickets/{id}/facts",),
    "chalicelib.tickets.canned_replies_api:calls": ("/desk/canned-replies",),
    "chalicelib.upkeep.api:calls": ("/desk/brake",),
    "chalicelib.upkeep.report_api:calls": ("/desk/report",),
    "chalicelib.letters.api:calls": ("/desk/quarantine",),
    "chalicelib.accounts.api:calls": ("/accounts",),
    "chalicelib.openapi:calls": ("/openapi.json", "/healthz"),
}
"""Each door, and the addresses that it answers with all that lies below them, unless another door is nearer."""


def answer(event: Any, context: Any) -> Any:
    """The function behind API Gateway."""
    return behind(door_of(event.get("requestContext", {}).get("resourcePath") or "/"))(event, context)


def door_of(resource: str) -> str:
    """The door that answers this resource, such as `/tickets/{id}`."""
    while resource not in _BY_ADDRESS:
        resource = resource.rpartition("/")[0] or "/"
    return _BY_ADDRESS[resource]


_BY_ADDRESS: Final = {address: door for door, addresses in DOORS.items() for address in addresses}


def door(name: str) -> "Calls":
    found: Calls = resolve_name(name)
    return found


_opened: Final[dict[str, Chalice]] = {}


def behind(name: str) -> Chalice:
    """A Chalice app that has this door, made once: Chalice can't register a blueprint a second time."""
    if name not in _opened:
        app = new_app()
        app.register_blueprint(door(name))
        _opened[name] = app
    return _opened[name]


def new_app() -> Chalice:
    app = Chalice(app_name="signoff", configure_logs=False)  # Lambda writes them, as JSON; Chalice's drops warnings
    app.api.binary_types = []  # nothing binary is sent or taken: bodies come as they are
    return app
