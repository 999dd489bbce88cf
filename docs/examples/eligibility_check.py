"""A company's own check before a closure, in the standard library alone. Take it as a beginning.

    python -m docs.examples.eligibility_check --certificate billing.pem --private-key billing.key --secret whsec_…

It keeps in memory who owes something and who has credit left. Calls are believed as the example of a webhook holder
believes them: `Doorkeeper`.
"""

import argparse
import json
import ssl
from collections.abc import Mapping
from typing import Any

from docs.examples.webhook_holder import Doorkeeper, NotForUs, server

Account = tuple[str, int]
"""Its id and its generation: the same id registered again later is another customer."""


class Books:
    """What customers owe, and what they have paid in advance, in đồng."""

    def __init__(self) -> None:
        self.owed: dict[Account, int] = {}
        self.credit: dict[Account, int] = {}

    def named(self, account: Account) -> list[dict[str, Any]]:
        """What stands in the way of closing the account, and what its owner should know before."""
        found: list[dict[str, Any]] = []
        if owed := self.owed.get(account):
            text = {"vi": f"Thanh toán hóa đơn còn nợ: {owed} đ.", "en": f"Pay what is still owed: {owed} VND."}
            url = "https://billing.example/invoices"
            found.append({"code": "unpaid_invoices", "kind": "blocker", "text": text, "url": url})
        if credit := self.credit.get(account):
            text = {
                "vi": f"Số dư {credit} đ sẽ mất khi tài khoản bị xóa.",
                "en": f"Your credit of {credit} VND is lost when the account is erased.",
            }
            found.append({"code": "remaining_credit", "kind": "warning", "text": text})
        return found


class EligibilityCheck:
    """Answers one call: gives the status, and what to say."""

    def __init__(self, doorkeeper: Doorkeeper, books: Books) -> None:
        self._doorkeeper = doorkeeper
        self._books = books

    def answer(self, headers: Mapping[str, str], body: bytes) -> tuple[int, Any]:
        try:
            self._doorkeeper.admit(headers, body)
        except NotForUs as why:
            return 401, {"error": str(why)}
        asked = json.loads(body)
        if asked["action"] != "check":
            return 400, {"error": "no such action"}
        return 200, self._books.named((asked["account_id"], asked["generation"]))


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--certificate", required=True)
    asked.add_argument("--private-key", required=True)
    asked.add_argument("--secret", required=True, action="append", help="whsec_…; twice while it is changed")
    asked.add_argument("--port", type=int, default=8443)
    given = asked.parse_args()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(given.certificate, given.private_key)
    check = EligibilityCheck(Doorkeeper(*given.secret), Books())
    server(check, ("", given.port), context).serve_forever()


if __name__ == "__main__":
    main()
