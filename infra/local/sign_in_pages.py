"""The identity provider's pages for people, in Vietnamese and English; they work without JavaScript."""

from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from infra.local import seeds
from infra.local.panel_http import Reply, shown

PAGES = Path(__file__).with_name("pages")


def sign_in(language: str, given: dict[str, str], *, desk_url: str, typed: str = "", refusal: str = "") -> Reply:
    """Who do you want to be? `given` is the client's request, carried along by each form."""
    other = "en" if language == "vi" else "vi"
    facts = {
        "given": given,
        "in_other_language": given | {"ui_locales": other},
        "customers": seeds.PEOPLE,
        "team": seeds.TEAM,
        "typed": typed,
        "refusal": refusal,
    }
    return _page("sign_in.html", language, desk_url, status=422 if refusal else 200, **facts)


def refused(language: str, what: str, *, desk_url: str) -> Reply:
    """The request names a client or an address that isn't known: nobody can be told but whoever looks at this."""
    return _page("refused.html", language, desk_url, status=400, what=what)


def signed_out(language: str, *, desk_url: str) -> Reply:
    return _page("signed_out.html", language, desk_url)


def _page(name: str, language: str, desk_url: str, *, status: int = 200, **facts: Any) -> Reply:
    html = _pages().get_template(name).render(language=language, words=WORDS[language], desk_url=desk_url, **facts)
    # Browsers hold `form-action` against redirects too: the desk is where the forms lead in the end.
    policy = f"style-src 'unsafe-inline'; img-src data:; form-action 'self' {desk_url}"
    return shown(html, policy=policy, status=status)


@cache
def _pages() -> Environment:
    return Environment(
        loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


WORDS: Final[dict[str, dict[str, str]]] = {
    "vi": {
        "sign_in": "Đăng nhập",
        "go_on": "để tiếp tục tới Signoff",
        "local": "Máy cục bộ, chỉ để thử: không ai phải nhập mật khẩu, bạn chọn mình là ai.",
        "customers": "Khách hàng",
        "team": "Bộ phận kỹ thuật",
        "agent": "nhân viên",
        "admin": "quản trị viên",
        "another": "Tài khoản khác",
        "account_id": "Mã tài khoản",
        "hint": "Chỉ có trên máy cục bộ này. Gồm chữ không dấu, chữ số, dấu - và _, nhiều nhất 64 ký tự.",
        "not_an_id": "Đây không phải là mã tài khoản. Hãy dùng chữ không dấu, chữ số, dấu - và _, nhiều nhất 64 ký tự.",
        "cancel": "Hủy",
        "other_language": "English",
        "refused": "Không thể đăng nhập từ đây",
        "client_id": "Yêu cầu đăng nhập đến từ một ứng dụng mà máy này không biết (client_id).",
        "redirect_uri": "Yêu cầu đăng nhập muốn quay về một địa chỉ không được đăng ký (redirect_uri).",
        "go_nowhere": "Vì an toàn, trang này không chuyển bạn đi tiếp. Hãy quay lại Signoff và đăng nhập lại.",
        "signed_out": "Bạn đã đăng xuất",
        "nobody": "Không ai còn đăng nhập ở đây.",
        "to_desk": "Quay lại Signoff",
    },
    "en": {
        "sign_in": "Sign in",
        "go_on": "to go on to Signoff",
        "local": "A local machine, for trying things out: nobody is asked for a password, you choose who you are.",
        "customers": "Customers",
        "team": "Technical team",
        "agent": "agent",
        "admin": "admin",
        "another": "Another account",
        "account_id": "Account id",
        "hint": "On this local machine only. Letters without accents, digits, - and _, at most 64 characters.",
        "not_an_id": "This is no account id. Use letters without accents, digits, - and _, at most 64 characters.",
        "cancel": "Cancel",
        "other_language": "Tiếng Việt",
        "refused": "You can't sign in from here",
        "client_id": "The request to sign in comes from an application that isn't known here (client_id).",
        "redirect_uri": "The request to sign in wants to return to an address that isn't registered (redirect_uri).",
        "go_nowhere": "To be safe, this page leads no further. Please go back to Signoff and sign in again.",
        "signed_out": "You are signed out",
        "nobody": "Nobody is signed in here any more.",
        "to_desk": "Back to Signoff",
    },
}
