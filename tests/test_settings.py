"""The settings: read whole, refused whole, and said in plain words."""

from dataclasses import MISSING, fields
from datetime import timedelta

import pytest

from chalicelib.problems import SettingsWrong
from chalicelib.settings import Settings, as_text, duration, read
from tests.environment import ENVIRONMENT

NEEDED = {each.name.upper() for each in fields(Settings) if each.default is MISSING}


def wrong(**changed: str) -> tuple[str, ...]:
    """What is refused about the example with these changes."""
    with pytest.raises(SettingsWrong) as refused:
        read(ENVIRONMENT | changed)
    return refused.value.wrong


def test_what_the_environment_leaves_out_has_its_default() -> None:
    found = read(ENVIRONMENT)
    assert (found.cooling_off, found.approval, found.tickets_a_day) == (timedelta(days=7), "agent", 10)
    assert (found.default_language, found.time_zone) == ("vi", "Asia/Ho_Chi_Minh")


def test_an_empty_environment_is_told_every_setting_that_is_missing_at_once() -> None:
    with pytest.raises(SettingsWrong) as refused:
        read({})
    assert set(refused.value.wrong) == {f"{name} is missing" for name in NEEDED}


def test_every_fault_is_told_at_once() -> None:
    said = wrong(COOLING_OFF="a week", TICKETS_A_DAY="many", KEEP_AFTER_END="P1M")
    assert [each.partition(":")[0] for each in said] == ["COOLING_OFF", "TICKETS_A_DAY", "KEEP_AFTER_END"]


def test_what_contradicts_itself_is_told_at_once_too() -> None:
    said = wrong(APPROVAL="dice", DEFAULT_LANGUAGE="fr", SUPPORT_ADDRESS="support", TIME_ZONE="Hanoi")
    assert len(said) == 4


KEY_OF_CHECK = {"ELIGIBILITY_KEY_PARAMETER": "/signoff/dev/hooks/eligibility"}


@pytest.mark.parametrize(
    "url", ["http://billing.example/", "billing.example", "https://", "https:///x", "https://a@b/"]
)
def test_the_check_before_a_closure_is_asked_over_https_only(url: str) -> None:
    assert wrong(ELIGIBILITY_URL=url, **KEY_OF_CHECK) == ("ELIGIBILITY_URL must be an https:// address",)


def test_the_check_before_a_closure_needs_a_key_to_sign_with() -> None:
    url = "https://billing.example/check"
    assert wrong(ELIGIBILITY_URL=url) == ("ELIGIBILITY_URL needs an ELIGIBILITY_KEY_PARAMETER",)
    assert read(ENVIRONMENT | KEY_OF_CHECK | {"ELIGIBILITY_URL": url}).eligibility_url == url


@pytest.mark.parametrize("zone", ["Hanoi", "../../etc/passwd", "", "Asia"])
def test_a_time_zone_is_one_of_the_iana_database(zone: str) -> None:
    assert wrong(TIME_ZONE=zone) == ("TIME_ZONE is not a zone of the IANA database",)


@pytest.mark.parametrize("cooling_off", ["PT0S", "PT23H59M59S"])
def test_without_an_agents_approval_the_cooling_off_is_at_least_a_day(cooling_off: str) -> None:
    assert wrong(APPROVAL="automatic", COOLING_OFF=cooling_off)
    assert read(ENVIRONMENT | {"COOLING_OFF": cooling_off}).cooling_off == duration(cooling_off)


def test_automatic_approval_with_a_days_cooling_off_is_allowed() -> None:
    assert read(ENVIRONMENT | {"APPROVAL": "automatic", "COOLING_OFF": "P1D"}).approval == "automatic"


def test_the_desks_own_address_ends_in_no_slash() -> None:
    assert wrong(PUBLIC_URL="https://desk.example/api/") == ("PUBLIC_URL must not end in a slash",)


def test_a_list_is_read_by_comma_without_its_spaces() -> None:
    found = read(ENVIRONMENT | {"KEPT_BY_LAW": "Accounting Act 2015, Tax Act ,,"})
    assert found.kept_by_law == {"Accounting Act 2015", "Tax Act"}
    assert read(ENVIRONMENT | {"KEPT_BY_LAW": ""}).kept_by_law == frozenset()


def test_what_is_no_network_is_refused() -> None:
    assert wrong(HOOKS_MAY_REACH="10.20.0.0/16, the office") == ("HOOKS_MAY_REACH: 'the office' is not a network",)


def test_variables_of_others_do_not_matter() -> None:
    assert read(ENVIRONMENT | {"PATH": "/bin", "cooling_off": "P1D"}).cooling_off == timedelta(days=7)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("P7D", timedelta(days=7)),
        ("P2W", timedelta(days=14)),
        ("PT15M", timedelta(minutes=15)),
        ("P1DT2H3M4S", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("PT0S", timedelta(0)),
        ("P0D", timedelta(0)),
    ],
)
def test_a_duration_is_written_as_iso_8601_has_it(text: str, length: timedelta) -> None:
    assert duration(text) == length


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "7", "7D", "P1Y", "P1M", "P-1D", "-P1D", "P1.5D", " P1D", "P1D ", "p1d"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    """Months and years have no fixed length."""
    with pytest.raises(ValueError, match="not a duration"):
        duration(text)


def test_a_duration_beyond_all_time_is_a_wrong_setting_like_others() -> None:
    assert wrong(COOLING_OFF="P99999999999D")[0].startswith("COOLING_OFF: ")


@pytest.mark.parametrize(
    "each", [each for each in fields(Settings) if each.default is not MISSING], ids=lambda it: it.name
)
def test_every_default_is_read_back_from_its_own_text(each: "object") -> None:
    name, default = getattr(each, "name", ""), getattr(each, "default", None)
    assert getattr(read(ENVIRONMENT | {name.upper(): as_text(default)}), name) == default


def test_every_setting_says_what_it_is() -> None:
    assert not [each.name for each in fields(Settings) if not each.metadata.get("says")]


def test_the_message_names_settings_and_never_their_values_of_secrets() -> None:
    with pytest.raises(SettingsWrong) as refused:
        read(ENVIRONMENT | {"COOLING_OFF": "soon"})
    assert str(refused.value) == "COOLING_OFF: 'soon' is not a duration such as P7D or PT15M"
