"""The yearly report, of a desk on which something happened."""

import csv
import io
from collections.abc import Callable
from zoneinfo import ZoneInfo

from tests.stories.people import Desk


def this_year(desk: Desk) -> int:
    """Where the desk is."""
    return desk.cloud.now().astimezone(ZoneInfo("Asia/Ho_Chi_Minh")).year


def test_an_admin_reads_what_became_of_the_years_requests_tombstones_included(
    desk_with: Callable[..., Desk],
) -> None:
    desk = desk_with(COMPANY="Signoff of the report")
    lan, minh, mai, eve = (desk.customer(country=country) for country in ("VN", "IE", "VN", "VN"))
    an, chi = desk.agent(), desk.admin()
    year = this_year(desk)
    gone = lan.asks_to_close()
    refused = minh.asks_to_close()
    an.decides(refused, "reject", reason_code="blocked", reason="An unpaid invoice.").ok()
    mai.does(mai.asks_to_close(), "withdraw").ok()
    an.erases_now(lan, gone)
    eve.asks_to_close()
    before = chi.call("GET", f"/desk/report?year={year}").ok()
    assert before["is_whole"]
    counted = {name: before["all"][name] for name in ("received", "open", "complied", "denied", "withdrawn", "expired")}
    assert counted == {"received": 4, "open": 1, "complied": 1, "denied": 1, "withdrawn": 1, "expired": 0}
    assert before["all"]["denied_by_reason"] == {"blocked": 1}
    assert {name: each["received"] for name, each in before["by_regime"].items()} == {"gdpr": 1, "vietnam": 3}
    assert before["by_way_in"]["portal"]["to_fulfil"]["count"] == 1
    desk.advance("P31D")
    assert an.ticket(gone)["subject"] is None  # shrunk
    assert chi.call("GET", f"/desk/report?year={year}").ok()["all"] == before["all"]


def test_the_report_comes_as_a_table_too(desk: Desk) -> None:
    desk.customer(has_data=False).asks_to_close()
    year, token = this_year(desk), desk.admin().token()
    by_name = desk.call("GET", f"/desk/report?year={year}&format=csv", token=token)
    by_header = desk.call("GET", f"/desk/report?year={year}", token=token, Accept="text/csv")
    assert by_name.raw == by_header.raw
    assert by_name.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(by_name.raw.decode())))
    assert (rows[0]["group"], {row["group"] for row in rows}) == ("all", {"all", "regime", "way_in"})
    assert int(rows[0]["received"]) == sum(int(row["received"]) for row in rows if row["group"] == "regime") > 0
    browser = "text/html, application/json, text/csv;q=0.5"
    assert desk.call("GET", f"/desk/report?year={year}", token=token, Accept=browser).body["year"] == year


def test_only_admins_read_the_report(desk: Desk) -> None:
    asked = "/desk/report?year=2026"
    assert desk.agent().call("GET", asked).status == 403
    assert desk.customer(has_data=False).call("GET", asked).status == 403
    assert desk.call("GET", asked).status == 401
    assert desk.admin().call("GET", "/desk/report").body["fields"][0]["name"] == "year"
    assert desk.admin().call("GET", "/desk/report?year=2999").ok()["all"]["received"] == 0
