"""Holder kind `drawer`: the papers of an account, in a folder of its own."""

from collections.abc import Callable
from pathlib import Path

from chalicelib.closure.holders import Holder, NotDone
from chalicelib.closure.ledger import Look
from chalicelib.tickets.ticket import AccountRef


class DrawerHolder(Holder, frozen=True, kw_only=True):
    """`folder` holds a folder for each account."""

    folder: str

    def erase(self, account: AccountRef, *, enough: Callable[[], bool]) -> None:
        for paper in self._papers(account):
            paper.unlink(missing_ok=True)
            if enough():
                raise NotDone()

    def look(self, account: AccountRef) -> Look:
        count = len(self._papers(account))
        return Look(found="some", count=count) if count else Look(found="nothing")

    def _papers(self, account: AccountRef) -> list[Path]:
        return list((Path(self.folder) / account.account_id).glob("*"))


KIND = DrawerHolder
