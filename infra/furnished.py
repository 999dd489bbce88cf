"""A desk with something of everything in it: for pictures, for measuring pages, for looking at each of them."""

import re
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any, Literal

from infra.demo_desk import Desk, Unexpected

LAN, MINH = "acc-lan", "acc-minh"  # as infra/local/seeds.py has them
THU = "acc-thu"
_CLOSE = {"product": "other", "category": "technical_support", "request": "account_closure"}
_LINK = re.compile(r"https?://[^/]+(/track/[A-Za-z0-9.-]*[A-Za-z0-9])")

Who = Literal["nobody", "customer", "newcomer", "agent", "admin"]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A page worth looking at: its name, who sees it, and where it is."""

    name: str
    who: Who
    path: str


def furnish(desk: Desk) -> list[Shown]:
    """Opens tickets of every sort on a fresh desk with the seeded people, and gives its pages."""
    question = {"product": "billing", "category": "invoices", "request": "support", "subject": "Hóa đơn tháng 11",
                "content": "Cho tôi xin lại hóa đơn tháng 11, bản PDF."}  # fmt: skip
    support = _opens(desk, LAN, question)
    closed = _closed(desk)
    _opens(desk, MINH, _CLOSE | {"subject": "Hủy tài khoản", "content": "Tôi không dùng dịch vụ nữa."})
    lan = _opens(desk, LAN, _CLOSE | {"subject": "Hủy tài khoản", "content": "Tôi muốn hủy tài khoản và xóa dữ liệu."})
    decides(desk, lan, "approve")
    decides(desk, support, "replies", text="Chào chị Lan, hóa đơn đã được gửi lại. Chị kiểm tra giúp nhé.")
    _troubled(desk)
    by_mail = _letters(desk)
    _answers(desk)
    _registers(desk, THU, "Vũ Minh Thu", "thu@khach.example")
    return [
        Shown(name="close-account", who="nobody", path="/close-account"),
        Shown(name="close-account-asked", who="nobody", path="/close-account?asked=1"),
        Shown(name="track", who="nobody", path=_link_in(desk.outbox("john@customer.example")[0])),
        Shown(name="signed-out", who="nobody", path="/signed-out"),
        Shown(name="signed-in", who="nobody", path="/signed-in"),
        Shown(name="not-found", who="nobody", path="/track/so-222222.aaaaaaaaaa"),
        Shown(name="portal", who="customer", path="/portal"),
        Shown(name="portal-new", who="customer", path="/portal/new"),
        Shown(name="portal-close", who="newcomer", path="/portal/close"),
        Shown(name="portal-already", who="customer", path="/portal/close"),
        Shown(name="portal-ticket", who="customer", path=f"/portal/tickets/{lan}"),
        Shown(name="portal-support", who="customer", path=f"/portal/tickets/{support}"),
        Shown(name="desk", who="agent", path="/desk"),
        Shown(name="desk-case", who="agent", path=f"/desk/case/{by_mail}"),
        Shown(name="desk-case-closed", who="admin", path=f"/desk/case/{closed}"),
        Shown(name="desk-case-dry-run", who="agent", path=f"/desk/case/{lan}?dry-run=1"),
        Shown(name="desk-answers", who="admin", path="/desk/answers"),
        Shown(name="desk-letters", who="agent", path="/desk/letters"),
        Shown(name="desk-figures", who="agent", path="/desk/figures"),
    ]


def _answers(desk: Desk) -> None:
    """Two prepared answers."""
    invoice = {"key": "ask-for-invoice", "vi": "Chào bạn,\n\nXin cho biết số hóa đơn gần nhất của bạn.",
               "en": "Hello,\n\nplease tell us the number of your last invoice."}  # fmt: skip
    thanks = {"key": "thanks", "vi": "Cảm ơn bạn đã cho chúng tôi biết.", "en": "Thank you for telling us."}
    token = desk.token(sub="chi", groups=["desk-agent", "desk-admin"])
    _ok(desk.call("PUT", "/desk/canned-replies", {"expected_version": 0, "replies": [invoice, thanks]}, token=token))


def decides(desk: Desk, number: str, what: str, **given: Any) -> dict[str, Any]:
    """One decision of the agent An, on the ticket as it is."""
    token = desk.token(sub="an", groups=["desk-agent"])
    version = _ok(desk.call("GET", f"/desk/tickets/{number}", token=token))["version"]
    asked = {"expected_version": version, **given}
    return _ok(desk.call("POST", f"/desk/tickets/{number}/{what}", asked, token=token))


def _opens(desk: Desk, account_id: str, asked: dict[str, Any]) -> str:
    token = desk.token(account_id=account_id)
    return str(_ok(desk.call("POST", "/tickets", asked, token=token, language="vi"))["number"])


def _closed(desk: Desk) -> str:
    """The ticket of a customer who is gone."""
    number = _customer(desk, "acc-hoa", "Lê Thị Hoa", "hoa@khach.example")
    decides(desk, number, "approve")
    desk.advance("P9D")
    return number


def _troubled(desk: Desk) -> str:
    """The ticket of a customer whose files refuse to go."""
    number = _customer(desk, "acc-tuan", "Phạm Anh Tuấn", "tuan@khach.example")
    decides(desk, number, "approve")
    token = desk.token(account_id="acc-tuan")
    _ok(desk.call("POST", f"/tickets/{number}/expedite", {}, token=token))
    desk.settle()
    code = re.search(r"^ {4}(\S{4}-\S{4})\s*$", desk.outbox("tuan@khach.example")[-1]["text"], re.MULTILINE)
    _ok(desk.call("POST", f"/tickets/{number}/expedite", {"code": code[1] if code else ""}, token=token))
    desk.fault("s3", "DeleteObjects", "before", times=10_000)
    decides(desk, number, "expedite")
    desk.advance("PT1H")
    desk.no_more_faults()
    return number


def _customer(desk: Desk, account_id: str, name: str, email: str) -> str:
    """Registers an account with something to erase, and has its owner ask for the closure."""
    _registers(desk, account_id, name, email)
    desk.fill_holders(account_id)
    return _opens(desk, account_id, _CLOSE | {"subject": "Hủy tài khoản", "content": "Nhờ xóa tài khoản giúp tôi."})


def _registers(desk: Desk, account_id: str, name: str, email: str) -> None:
    fields = {"email": email, "name": name, "country": "VN", "language": "vi"}
    _ok(desk.call("PUT", f"/accounts/{account_id}", fields, token=desk.token(sub="crm", scope="accounts:write")))


def _letters(desk: Desk) -> str:
    """A closure by mail that waits for its code, a forged letter, a question, and a newsletter; the first's number."""
    words = "Hello,\n\nplease close my account acc-john and delete my data. I can't sign in.\n\nJohn Carter"
    _writes(desk, "John Carter <john@customer.example>", "Please close my account", words)
    desk.letter(_letter("Lan <lan@khach.example>", "Hủy tài khoản", "Hủy tài khoản acc-lan ngay."), dmarc="FAIL")
    _writes(desk, "Eve <eve@stranger.example>", "Refunds for domains", "Do you offer refunds for domain names?")
    _writes(desk, "News <news@list.example>", "Our November offers", "Buy now.", {"List-Id": "<news.list.example>",
            "List-Unsubscribe": "<mailto:leave@list.example>"})  # fmt: skip
    token = desk.token(sub="an", groups=["desk-agent"])
    queue = _ok(desk.call("GET", "/desk/tickets?status=awaiting_proof", token=token))["items"]
    return next(str(each["number"]) for each in queue if each["subject"] == "Please close my account")


def _writes(desk: Desk, sender: str, subject: str, text: str, headers: dict[str, str] | None = None) -> None:
    desk.letter(_letter(sender, subject, text, headers))


def _letter(sender: str, subject: str, text: str, headers: dict[str, str] | None = None) -> EmailMessage:
    mail = EmailMessage()
    said = {"From": sender, "To": "support@desk.example", "Subject": subject}
    for name, value in (said | (headers or {})).items():
        mail[name] = value
    mail.set_content(text)
    return mail


def _link_in(mail: dict[str, Any]) -> str:
    found = _LINK.search(mail["text"])
    if not found:
        raise Unexpected("a mail carries no tracking link")
    return found[1]


def _ok(answer: Any) -> dict[str, Any]:
    if answer.status >= 300:
        raise Unexpected(f"{answer.status}: {answer.text[:300]}")
    found: dict[str, Any] = answer.json
    return found
