"""The local cloud's panel: what only AWS, a mailbox or a calendar has, over HTTP; and the issuer's pages for people.

Beside the calls that the interface names, one for tests: `POST /issuer {"next_id_token": {"nonce": "wrong"}}` has the
issuer misbehave. The next id_token that a code is exchanged for, and only that one, says these claims (null leaves one
out). The answer, also to `{}`, is what waits; `{"next_id_token": {}}` takes it back.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from infra.local import seeds
from infra.local.letters import CHECKS, NobodyHere
from infra.local.panel_http import Asked, Refused, Reply, Server, shown, told
from infra.local.signing_in import SigningIn

if TYPE_CHECKING:
    from infra.local.cloud import LocalCloud

PAGES = Path(__file__).with_name("pages")

Answer = dict[str, Any] | list[dict[str, Any]] | Reply


class Panel:
    """Takes its port at once, serves later."""

    def __init__(self, cloud: "LocalCloud", port: int) -> None:
        self._cloud = cloud
        self._server = Server(port, self.answer)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._routes: dict[tuple[str, str], Callable[[Asked], Answer]] = {
            ("GET", "/"): self._page,
            ("GET", "/outbox.json"): lambda asked: self._cloud.outbox(asked.query.get("to")),
            ("POST", "/mail"): self._mail,
            ("POST", "/token"): lambda asked: {"token": self._cloud.token(**asked.said())},
            ("GET", "/clock"): lambda _: self._time(),
            ("POST", "/clock"): self._advance,
            ("POST", "/settle"): self._settle,
            ("GET", "/state.json"): lambda _: self._cloud.state(),
            ("GET", "/holders.json"): self._holders,
            ("POST", "/holders"): self._fill_holders,
            ("GET", "/faults"): lambda _: self._cloud.waiting_faults(),
            ("POST", "/faults"): self._faults,
            ("GET", "/jwks.json"): lambda _: self._cloud.issuer.jwks(),
            ("GET", "/.well-known/openid-configuration"): lambda _: self._cloud.issuer.discovery(),
            ("POST", "/issuer"): self._misbehave,
            ("GET", "/authorize"): partial(self._sign_in, SigningIn.ask),
            ("POST", "/authorize"): partial(self._sign_in, SigningIn.decide),
            ("POST", "/oauth/token"): partial(self._sign_in, SigningIn.exchange),
            ("GET", "/signout"): partial(self._sign_in, SigningIn.sign_out),
            ("POST", "/signout"): partial(self._sign_in, SigningIn.sign_out),
        }

    @contextmanager
    def serving(self) -> Iterator[None]:
        thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True, name="panel")
        thread.start()
        yield
        self._server.shutdown()
        thread.join()

    def close(self) -> None:
        self._server.server_close()

    def answer(self, method: str, path: str, asked: Asked) -> Reply:
        route = self._routes.get((method, path))
        if route is None:
            known = sorted(f"{verb} {each}" for verb, each in self._routes)
            return told({"error": f"the panel has no {method} {path}", "calls": known}, 404)
        try:
            answer = route(asked)
        except (Refused, ValueError, NobodyHere) as error:
            return told({"error": f"{type(error).__name__}: {error}"}, 400)
        return answer if isinstance(answer, Reply) else told(answer)

    def _page(self, _asked: Asked) -> Reply:
        html = (PAGES / "panel.html").read_text(encoding="utf-8").replace("{{desk}}", self._cloud.desk_url)
        return shown(html, policy="script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'")

    def _sign_in(self, step: Callable[[SigningIn, Asked], Reply], asked: Asked) -> Reply:
        return step(self._cloud.signing_in, asked)

    def _mail(self, asked: Asked) -> Answer:
        if not asked.body:
            raise Refused("the body must be a raw letter")
        unknown = set(asked.query) - {*CHECKS, "source", "recipient"}
        if unknown:
            raise Refused(f"not known: {', '.join(sorted(unknown))}")
        recipients = tuple(each for each in asked.query.get("recipient", "").split(",") if each)
        verdicts = {name: asked.query[name] for name in CHECKS if name in asked.query}
        source = asked.query.get("source", "")
        return {"id": self._cloud.mail(asked.body, source=source, recipients=recipients, **verdicts)}

    def _advance(self, asked: Asked) -> Answer:
        advance = asked.said().get("advance")
        if not isinstance(advance, str):
            raise Refused('say how far, such as {"advance": "P7D"}')
        self._cloud.advance(advance)
        return self._time()

    def _settle(self, _asked: Asked) -> Answer:
        self._cloud.settle()
        return self._time()

    def _time(self) -> dict[str, Any]:
        return {"now": self._cloud.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")}

    def _holders(self, asked: Asked) -> Answer:
        return dict(seeds.counts_in_holders(asked.query.get("account_id", "")))

    def _fill_holders(self, asked: Asked) -> Answer:
        account_id = asked.said().get("account_id")
        if not isinstance(account_id, str) or not account_id:
            raise Refused('say whose, such as {"account_id": "acc-lan"}')
        seeds.fill_holders(account_id)
        return dict(seeds.counts_in_holders(account_id))

    def _faults(self, asked: Asked) -> Answer:
        said = asked.said()
        if said.pop("clear", False):
            self._cloud.faults()
        if said:
            if not {"service", "operation", "kind"} <= set(said) <= {"service", "operation", "kind", "times"}:
                raise Refused("a fault has service, operation, kind and times")
            times = int(said.pop("times", 1))
            self._cloud.faults(**{name: str(value) for name, value in said.items()}, times=times)
        return self._cloud.waiting_faults()

    def _misbehave(self, asked: Asked) -> Answer:
        said = asked.said()
        claims = said.pop("next_id_token", None)
        if said or not isinstance(claims, dict | None):
            raise Refused('say which claims, such as {"next_id_token": {"nonce": "wrong"}}')
        if claims is not None:
            self._cloud.issuer.misbehave(claims)
        return self._cloud.issuer.waiting_faults()
