"""Pages and their forms: who is signed in, which language, whether a form is ours; and how a refusal is told.

    pages = Pages(__name__)

    @pages.get("/portal", who=CUSTOMER)
    def tickets(visit: Visit) -> Response:
        return show(visit, "portal.html", tickets=...)

The order is always the same: the ids in the path (404), the form's origin and token (403), who (to the sign-in,
or 403).
Unknown fields are let pass: browsers and link trackers add their own.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlencode

from chalice.app import Response

from chalicelib.answers import Refusal, page, see_other
from chalicelib.calls import ANYONE, Arriving, Call, Calls, Who, admitted, arriving, path_ids, query_of, raw_body, told
from chalicelib.language import LANGUAGES, Language, filled
from chalicelib.pages import forms, showing
from chalicelib.pages.sessions import Session, cookies, session_of, set_cookie
from chalicelib.problems import ForeignForm, NotSignedIn, SignInAgain
from chalicelib.reading import Input, form, query
from chalicelib.settings import settings

LANGUAGE_COOKIE: Final = "signoff_language"
_A_YEAR_S = 365 * 86_400

Model = TypeVar("Model", bound=Input)


class Visit(Call[dict[str, str]], frozen=True, kw_only=True):
    """A call of a page. `given` holds the query of a GET, the form's fields of a POST; `here` is the path below
    PUBLIC_URL; `is_form`: it answers a form; `session` is there for whoever is signed in."""

    session: Session | None
    here: str
    is_form: bool

    def asking(self, given: Any, *, once: str | None = None, **path: str) -> Call[Any]:
        """The call of the API that does what this form asks for. `once`: its Idempotency-Key."""
        headers = {"idempotency-key": once} if once else {}
        return Call(
            given=given, path={**self.path, **path}, signed_in=self.signed_in, headers=headers,
            language=self.language, request_id=self.request_id,
        )  # fmt: skip

    def filled_in(self, model: type[Model], *names: str, **ours: str) -> Model:
        """The form's fields of these names, with what we add, as the model; an empty one is as if it weren't there.
        `WrongFields` names all that is wrong."""
        typed = {name: self.given[name] for name in names if self.given.get(name)}
        return query({name: [text] for name, text in (typed | ours).items()}, model)


Page = Callable[[Visit], Response]


class Pages(Calls):
    """A blueprint of pages."""

    def get(self, path: str, *, who: Who = ANYONE, ids: Mapping[str, str] | None = None) -> Callable[[Page], Page]:  # type: ignore[override]
        """A page. It never does anything: mail scanners and link previews open it, too."""
        return self._page("GET", path, who, ids or {})

    def post(self, path: str, *, who: Who = ANYONE, ids: Mapping[str, str] | None = None) -> Callable[[Page], Page]:  # type: ignore[override]
        """A form of one of our pages."""
        return self._page("POST", path, who, ids or {})

    def _page(self, method: str, path: str, who: Who, ids: Mapping[str, str]) -> Callable[[Page], Page]:
        def describe(function: Page) -> Page:
            def view(**given_ids: str) -> Response:
                came = _Coming(arriving(), method, here=path)
                try:
                    return came.remembering(function(came.visit(who, path_ids(given_ids, ids))))
                except NotSignedIn as problem:
                    return came.to_sign_in(problem)
                except Exception as error:
                    return came.refused(told(error, came.arriving))

            self.serve(method, path, function.__name__, view)
            return function

        return describe


class _Coming:
    """A request for a page, while it is being checked."""

    def __init__(self, arriving: Arriving, method: str, *, here: str) -> None:
        self.arriving = arriving
        self.here = here
        self._method = method
        self._query = {name: values[-1][:4096] for name, values in query_of(arriving.request).items() if values}
        self._fields: dict[str, str] = {}
        self._held = session_of(arriving.headers)
        self.arriving.person = self._held.person if self._held else None

    @property
    def session(self) -> Session | None:
        return self._held if self._held and not self._held.is_over else None

    @property
    def language(self) -> Language:
        asked = (
            self._query.get("lang") or self._fields.get("lang") or cookies(self.arriving.headers).get(LANGUAGE_COOKIE)
        )
        return next((each for each in LANGUAGES if each == asked), self.arriving.language)

    def visit(self, who: Who, ids: Mapping[str, str]) -> Visit:
        self.here = filled(self.here, dict(ids))
        if self._method == "POST":
            self._fields = form(raw_body(self.arriving, ("application/x-www-form-urlencoded",)))
            self._must_be_ours()
        if ANYONE not in set(who) and not self.session:
            raise NotSignedIn
        if self.session:
            admitted(who, self.session.person)
        return self._visit(ids)

    def _visit(self, path: Mapping[str, str]) -> Visit:
        fields = {name: value for name, value in self._fields.items() if name != forms.FIELD}
        return Visit(
            given=fields if self._method == "POST" else self._query,
            path=path, signed_in=self.session.person if self.session else None, headers=self.arriving.headers,
            language=self.language, request_id=self.arriving.request_id, session=self.session, here=self.here,
            is_form=self._method == "POST",
        )  # fmt: skip

    def _must_be_ours(self) -> None:
        given = self._fields.get(forms.FIELD, "")
        if forms.came_from_elsewhere(self.arriving.headers) or not forms.is_ours(given, self._held):
            raise ForeignForm

    def remembering(self, response: Response) -> Response:
        """The answer, with the language that was chosen by its link kept for later."""
        if self._query.get("lang") in LANGUAGES and "Set-Cookie" not in response.headers:
            kept = set_cookie(LANGUAGE_COOKIE, self._query["lang"], lives_for_s=_A_YEAR_S)
            response.headers["Set-Cookie"] = kept
        return response

    def to_sign_in(self, problem: NotSignedIn) -> Response:
        """A page is shown after signing in. A form isn't lost: it stands there to be sent again, after signing in
        beside it."""
        is_old = isinstance(problem, SignInAgain)
        again = {"again": "1"} if is_old else {}
        if self._method == "GET":
            asked = {name: value for name, value in self._query.items() if name != "lang"}
            back = self.here + (f"?{urlencode(asked)}" if asked else "")
            return see_other(f"{settings().public_url}/signin?{urlencode({'to': back, **again})}")
        visit = self._visit({})
        link = f"{settings().public_url}/signin?{urlencode({'to': '/signed-in', **again})}"
        html = showing.rendered(
            visit, "sign_in_again.html", link=link, is_old=is_old, fields=visit.given, token_session=self._held
        )
        return page(html, 401)

    def refused(self, refusal: Refusal) -> Response:
        visit = self._visit({})
        html = showing.rendered(
            visit, "refusal.html", problem=refusal.document(self.language, self.arriving.request_id)
        )
        return page(html, refusal.status, refusal.headers)


def show(visit: Visit, template: str, *, status: int = 200, **facts: Any) -> Response:
    """The page that this template makes of the facts."""
    return page(showing.rendered(visit, template, **facts), status)


def go_to(path: str, **query: str) -> Response:
    """After a form: on to a page of ours, so that a reload asks nothing again."""
    asked = {name: value for name, value in query.items() if value}
    return see_other(settings().public_url + quote(path, safe="/") + (f"?{urlencode(asked)}" if asked else ""))
