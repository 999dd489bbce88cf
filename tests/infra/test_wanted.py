"""The file of a stage, checked whole."""

from pathlib import Path
from typing import Any

import pytest

from infra import template, try_deploy, wanted
from infra.wanted import StageWrong, read

RIGHT = {
    "region": "ap-southeast-1",
    "domain": "desk.example",
    "support_address": "support@desk.example",
    "issuer": "https://issuer.example",
}
FOUND = {"public_url": "https://desk.example", "desk_stream": "arn", "keys_version": "1.1"}


def faults(told: dict[str, Any]) -> list[str]:
    with pytest.raises(StageWrong) as refused:
        read("prod", told)
    return str(refused.value).splitlines()


def test_the_example_may_be_deployed_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "prod.toml").write_text((wanted.STAGES / "stage.example.toml").read_text("utf-8"), "utf-8")
    found = wanted.of_stage("prod", tmp_path)
    assert found.for_app(**FOUND)["DefaultLanguage"] == "vi"
    assert found.all_tags() == {"Application": "signoff", "Stage": "prod"}


def test_every_parameter_of_the_file_is_one_of_the_templates() -> None:
    found = read("prod", RIGHT | {"settings": {"COOLING_OFF": "P14D"}})
    app = template.sam_template(region=found.region)
    foundations = template.read_yaml(template.PROJECT / "infra" / "foundations.yaml")
    assert found.for_app(**FOUND).keys() <= app["Parameters"].keys()
    assert found.for_foundations().keys() == foundations["Parameters"].keys()


def test_a_line_that_is_missing_or_unknown_is_named_with_all_others() -> None:
    assert faults({"region": "eu-west-1", "domian": "desk.example", "alarms": 5}) == [
        "prod.toml: there is no 'domian'",
        "prod.toml: domain is missing",
        "prod.toml: issuer is missing",
        "prod.toml: support_address is missing",
        "prod.toml: alarms must be a text",
    ]


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        (
            {"support_address": "support@other.example"},
            "support_address must be at desk.example: answers to mails would be lost",
        ),
        ({"custom_domain": "close.example"}, "custom_domain and certificate belong together"),
        ({"issuer": "http://issuer.example"}, "issuer must be an https:// address"),
        ({"alarms": "everybody"}, "alarms must be a mail address"),
        ({"api_gateway_logs": "no"}, "api_gateway_logs must be set or leave"),
        ({"tracing": "yes"}, "tracing must be on or off"),
        ({"settings": {"TIME_ZONE": "Hue"}}, "settings: TIME_ZONE is not a zone of the IANA database"),
        ({"settings": {"DESK_TABLE": "mine"}}, "settings: there is no DESK_TABLE to set"),
        ({"settings": {"DEFAULT_LANGUAGE": "fr"}}, "settings: DEFAULT_LANGUAGE must be vi or en"),
    ],
)  # fmt: skip
def test_what_the_desk_would_refuse_is_refused_before_it_is_deployed(changed: dict[str, Any], fault: str) -> None:
    assert faults(RIGHT | changed) == [f"prod.toml: {fault}"]


@pytest.mark.parametrize("stage", ["Prod", "../prod", "stage.example", "p"])
def test_a_stages_name_is_small_letters_and_digits(stage: str, tmp_path: Path) -> None:
    with pytest.raises(StageWrong, match="no name of a stage"):
        wanted.of_stage(stage, tmp_path)


def test_a_stage_without_a_file_is_told_what_to_copy(tmp_path: Path) -> None:
    with pytest.raises(StageWrong, match=r"stage\.example\.toml"):
        wanted.of_stage("prod", tmp_path)


def test_what_the_trial_leaves_out_is_in_the_templates_and_nothing_points_to_it() -> None:
    foundations = template.read_yaml(template.PROJECT / "infra" / "foundations.yaml")
    app = template.sam_template(region="ap-southeast-1")
    kinds = {try_deploy.kind_of(each) for body in (foundations, app) for each in body["Resources"].values()}
    assert try_deploy.LEFT_OUT.keys() <= kinds
    smaller = try_deploy.without_unknown(foundations)
    assert foundations["Resources"].keys() - smaller["Resources"].keys() == {"MailRules"}
    assert foundations["Outputs"].keys() - smaller["Outputs"].keys() == {"MailRules"}
