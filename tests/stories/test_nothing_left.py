"""Nothing left: after KEEP_AFTER_END no table, bucket, queue, workflow history or log line holds a word of somebody."""

import re
from collections.abc import Callable

import boto3

from infra.local.seeds import FILES, ORDERS
from tests.stories.everywhere import everything, logged
from tests.stories.letters import Mailbox, code_in, letter
from tests.stories.people import QUESTION, Customer, Desk

NAME = "Zebrania Quokkason"
ADDRESS = "zebrania.quokka@quagga-mailbox.example"
PHONE = "+84 917 700 4711"
THEIRS = re.compile(r"zebrania|quokka|quagga|917.?700.?4711|TAX-77004711|INV-77004711|okapi", re.IGNORECASE)
"""All that is theirs, or that anybody wrote of them: each word stands in one place of the story and nowhere else."""


def with_a_file(mailbox: Mailbox, words: str) -> bytes:
    """A letter that brings a file named after its owner."""
    text = letter(mailbox.address, words).decode()
    head, _, body = text.partition("\n\n")
    head = "\n".join(each for each in head.splitlines() if not each.lower().startswith(("content-", "mime-")))
    return (
        f'{head}\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"\n\n'
        f"--b\nContent-Type: text/plain\n\n{body}\n"
        '--b\nContent-Type: text/plain\nContent-Disposition: attachment; filename="okapi-invoice.txt"\n\n'
        "An okapi of mine.\n--b--\n"
    ).encode()


def somebody(desk: Desk) -> Customer:
    who = desk.customer(
        email=ADDRESS, name=NAME, phone=PHONE, company="Quagga Ltd", tax_code="TAX-77004711", language="en",
        attributes={"last_invoice_number": "INV-77004711"},
    )  # fmt: skip
    order = {"account_id": {"S": who.account_id}, "order_id": {"S": "order-9"}, "to": {"S": NAME}}
    boto3.client("dynamodb").put_item(TableName=ORDERS, Item=order)
    boto3.client("s3").put_object(Bucket=FILES, Key=f"{who.account_id}/quokka.txt", Body=NAME.encode())
    return who


def lives_through_it_all(desk: Desk, who: Customer) -> list[str]:
    """A question, a closure withdrawn, letters of several kinds, decisions with words, and a closure to the end. The
    numbers of the tickets."""
    an, chi, mailbox = desk.agent(), desk.admin(), Mailbox(desk=desk, address=ADDRESS)
    question = who.call("POST", "/tickets", QUESTION | {"content": f"I am {NAME}."}, Idempotency_Key="q").ok(201)[
        "number"
    ]
    an.decides(question, "replies", text="Dear okapi,").ok()
    an.decides(question, "resolve").ok()
    withdrawn = who.asks_to_close(content="An okapi leaves.")
    who.does(withdrawn, "replies", {"text": "Or not: okapi."}).ok(201)
    who.does(withdrawn, "withdraw").ok()

    raw = with_a_file(mailbox, f"Please close my account. I am {NAME}, {PHONE}.")
    desk.letter(raw)
    desk.letter(raw)  # sent twice by their provider
    desk.page("/close-account", {"address": ADDRESS})
    (number,) = [each for each in mailbox.tickets() if an.ticket(each)["status"] == "awaiting_proof"]
    code_mail = [mail for mail in mailbox.mails() if "This code closes your account" in mail["text"]][-1]
    mailbox.replies(code_mail, "I am on holiday, says the okapi.", Auto_Submitted="auto-replied")
    dropped = desk.letter(letter(mailbox.address, "Cheap okapi!"), spam="FAIL")
    an.call("POST", f"/desk/quarantine/{dropped}/drop", {}).ok()
    bulk = letter(mailbox.address, "The okapi's weekly.", List_Id="<okapi.quagga.example>")
    desk.letter(bulk)
    mailbox.replies(code_mail, f"{code_in(code_mail)}\n\nBest, {NAME}")
    an.decides(number, "notes", text=f"{NAME} phoned from {PHONE}.").ok()
    an.decides(number, "replies", text="Dear okapi, wait.").ok()
    chi.decides(
        number, "hold", reason="An okapi in court.", review_at=(desk.cloud.now().replace(year=2030)).isoformat()
    ).ok()
    chi.decides(number, "release").ok()
    desk.fault("s3", "DeleteObjects", "before", times=20)  # something fails on the way, and is told to operators
    an.erases_now(who, number)
    desk.no_more_faults()
    if an.ticket(number)["status"] == "needs_attention":
        an.decides(number, "retry").ok()
    assert an.ticket(number)["status"] == "closed"
    return [question, withdrawn, number]


def test_after_the_time_that_papers_are_kept_nothing_of_somebody_is_found_anywhere(
    desk_with: Callable[..., Desk],
) -> None:
    desk = desk_with(COMPANY="Signoff of nothing left", LOOK_AGAIN_FOR="P2D")
    with logged() as lines:
        who = somebody(desk)
        numbers = lives_through_it_all(desk, who)
        seen = {where.split()[0] for where, text in everything() if THEIRS.search(text)}
        assert seen >= {"table", "bucket"}  # else the search would find nothing whatever lies there
        desk.advance("P31D")
        desk.settle()
        left = [(where, found[0]) for where, text in everything() if (found := THEIRS.search(text))]
        assert left == []
        assert lines
        assert [line for line in lines if THEIRS.search(line)] == []
    assert all(desk.agent().ticket(number)["status"] in ("closed", "withdrawn", "resolved") for number in numbers)
