"""`make deploy` and `make destroy`, on moto: the real templates, every AWS call the command makes."""

import base64
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import moto.cloudformation.models
import pytest
from botocore.stub import Stubber
from moto.cloudformation.models import CloudFormationBackend

from infra import destroy, mail_setup, parameters, rotate_keys, stacks, template
from infra.deploy import CannotDeploy, Deployment, deploy
from infra.local.deployment import OnlyJson
from infra.local.seams import replaced
from infra.local.where import REGION
from infra.wanted import Wanted, read
from tests.infra.small_cloud import SmallCloud, put, table

WANTED = {
    "region": REGION,
    "domain": "desk.example",
    "support_address": "support@desk.example",
    "issuer": "https://issuer.example",
}


@dataclass
class Operator:
    """Who is asked and told."""

    answers: list[bool] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def ask(self, question: str) -> bool:
        self.asked.append(question)
        return self.answers.pop(0) if self.answers else True

    def deployment(self) -> Deployment:
        return Deployment(session=boto3.session.Session(region_name=REGION), ask=self.ask, tell=self.told.append)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What packaging leaves, with code that is only there."""
    folder = tmp_path_factory.mktemp("built")
    (folder / "sam.json").write_text(json.dumps(template.sam_template(region=REGION)))
    write_code(folder, "one")
    return folder


def write_code(folder: Path, text: str) -> None:
    with zipfile.ZipFile(folder / "deployment.zip", "w") as code:
        code.writestr(zipfile.ZipInfo("app.py"), text)


def wanted(**changed: Any) -> Wanted:
    return read("trial", WANTED | changed)


def parameter(name: str) -> str:
    found = boto3.client("ssm").get_parameter(Name=f"/signoff/trial/{name}", WithDecryption=True)
    return str(found["Parameter"]["Value"])


@pytest.fixture
def operator(cloud: SmallCloud) -> Iterator[Operator]:
    with (
        replaced(CloudFormationBackend, "execute_change_set", _without_change_set),
        replaced(moto.cloudformation.models, "yaml", lambda _: OnlyJson),
    ):
        yield Operator()


def _without_change_set(_original: Callable[..., None]) -> Callable[..., None]:
    """What a change set makes has neither outputs nor exports in moto; what is made without one has both."""

    def execute_change_set(backend: CloudFormationBackend, *, change_set_name: str, stack_name: str) -> None:
        made = next(each for each in backend.change_sets.values() if each.change_set_name == change_set_name)
        if made.change_set_type == "CREATE":
            del backend.stacks[made.stack_id]
            backend.create_stack(made.stack_name, made.template, made.parameters, tags=made.tags)
        else:
            made.stack.update(made.template, None, parameters=made.parameters, tags=made.tags)

    return execute_change_set


def test_a_first_deployment_makes_all_and_a_second_changes_nothing(operator: Operator, built: Path) -> None:
    assert deploy(wanted(alarms="operations@desk.example"), built, operator.deployment())
    cloudformation = boto3.client("cloudformation")
    stands = {each["StackName"]: each for each in cloudformation.describe_stacks()["Stacks"]}
    assert stands.keys() == {"signoff-trial", "signoff-trial-foundations"}
    for each in stands.values():
        assert {"Key": "Stage", "Value": "trial"} in each["Tags"]
    keys = parameter("keys")
    (hears,) = [it for it in boto3.client("sns").list_subscriptions()["Subscriptions"] if it["Protocol"] == "email"]
    assert hears["Endpoint"] == "operations@desk.example"
    again = Operator()
    assert not deploy(wanted(alarms="operations@desk.example"), built, again.deployment())
    assert not again.asked
    assert again.told[1:3] == ["signoff-trial-foundations: no change", "signoff-trial: no change"]
    assert parameter("keys") == keys


def test_the_desk_learns_its_address_from_api_gateway_in_a_second_round(operator: Operator, built: Path) -> None:
    deploy(wanted(), built, operator.deployment())
    address = stacks.outputs(boto3.client("cloudformation"), "signoff-trial")["EndpointURL"].rstrip("/")
    variables = boto3.client("lambda").list_functions()["Functions"][0]["Environment"]["Variables"]
    assert variables["PUBLIC_URL"] == address
    assert f"the desk: {address}" in operator.told
    assert len(operator.asked) == 3


def test_changed_code_changes_the_app_and_not_the_foundations(operator: Operator, built: Path, tmp_path: Path) -> None:
    deploy(wanted(), built, operator.deployment())
    (tmp_path / "sam.json").write_bytes((built / "sam.json").read_bytes())
    write_code(tmp_path, "two")
    later = Operator()
    assert deploy(wanted(), tmp_path, later.deployment())
    assert later.asked == ["signoff-trial: do this?"]
    assert "signoff-trial-foundations: no change" in later.told


def test_a_desk_table_put_back_from_a_backup_is_listened_to_after_the_next_deployment(
    operator: Operator, built: Path
) -> None:
    deploy(wanted(), built, operator.deployment())
    dynamodb = boto3.client("dynamodb")
    dynamodb.update_table(TableName="signoff-trial-desk", DeletionProtectionEnabled=False)
    dynamodb.delete_table(TableName="signoff-trial-desk")
    new = table("signoff-trial-desk")
    assert deploy(wanted(), built, Operator().deployment())
    (app,) = boto3.client("cloudformation").describe_stacks(StackName="signoff-trial")["Stacks"]
    assert {"ParameterKey": "DeskStream", "ParameterValue": new} in app["Parameters"]
    mapped = [
        each["Properties"]["EventSourceArn"]["Fn::If"][1]
        for each in template.sam_template(region=REGION)["Resources"].values()
        if each["Type"] == "AWS::Lambda::EventSourceMapping"
    ]
    assert mapped == [{"Ref": "DeskStream"}, {"Ref": "DeskStream"}]


@pytest.mark.parametrize("name", ["keys", "receipt-keys"])
def test_a_new_key_is_added_last_is_used_only_later_and_keeps_the_others(operator: Operator, name: str) -> None:
    ssm = boto3.client("ssm")
    list(parameters.make_missing(ssm, boto3.client("dynamodb"), wanted()))
    (first,) = json.loads(parameter(name))["keys"]
    before = parameters.version(ssm, wanted())
    rotate_keys.rotate(ssm, f"/signoff/trial/{name}", is_second=False)
    added = json.loads(parameter(name))
    assert (added["now"], list(added["keys"])) == (first, [first, f"{first[0]}2"])
    rotate_keys.rotate(ssm, f"/signoff/trial/{name}", is_second=True)
    used = json.loads(parameter(name))
    assert (used["now"], used["keys"]) == (f"{first[0]}2", added["keys"])
    assert parameters.version(ssm, wanted()) != before
    with pytest.raises(rotate_keys.NothingToUse):
        rotate_keys.rotate(ssm, f"/signoff/trial/{name}", is_second=True)


def test_every_process_reads_new_keys_after_a_deployment(operator: Operator, built: Path) -> None:
    deploy(wanted(), built, operator.deployment())
    rotate_keys.rotate(boto3.client("ssm"), "/signoff/trial/keys", is_second=False)
    assert deploy(wanted(), built, Operator().deployment())
    functions = boto3.client("lambda").list_functions()["Functions"]
    assert {each["Environment"]["Variables"]["KEYS_VERSION"] for each in functions} == {"2.1"}


def test_who_says_no_has_nothing_changed(operator: Operator, built: Path) -> None:
    operator.answers = [False]
    with pytest.raises(stacks.NotWanted):
        deploy(wanted(), built, operator.deployment())
    assert not boto3.client("cloudformation").describe_stacks()["Stacks"]
    assert not boto3.client("dynamodb").list_tables()["TableNames"]


def test_without_a_package_nothing_is_begun(operator: Operator, tmp_path: Path) -> None:
    with pytest.raises(CannotDeploy, match="make package"):
        deploy(wanted(), tmp_path, operator.deployment())
    assert not boto3.client("s3").list_buckets()["Buckets"]


def test_a_bucket_for_code_that_is_named_but_not_there_is_not_made(operator: Operator, built: Path) -> None:
    with pytest.raises(CannotDeploy, match="our-releases"):
        deploy(wanted(code_bucket="our-releases"), built, operator.deployment())


def test_destroying_takes_the_app_and_leaves_what_holds_data(operator: Operator, built: Path) -> None:
    deploy(wanted(), built, operator.deployment())
    operator.told.clear()
    destroy.destroy_app(wanted(), operator.deployment())
    cloudformation = boto3.client("cloudformation")
    assert not stacks.look_for(cloudformation, "signoff-trial")
    assert stacks.look_for(cloudformation, "signoff-trial-foundations")
    assert len(boto3.client("dynamodb").list_tables()["TableNames"]) == 2
    assert parameter("keys")
    assert "stays: Desk (AWS::DynamoDB::Table)" in operator.told


def test_runs_are_stopped_before_their_workflow_is_deleted_lest_its_name_stay_taken(cloud: SmallCloud) -> None:
    stepfunctions = boto3.client("stepfunctions")
    waits = {"Type": "Wait", "Seconds": 600_000, "End": True}
    workflow = cloud.workflow({"StartAt": "Wait", "States": {"Wait": waits}})
    run = stepfunctions.start_execution(stateMachineArn=workflow)["executionArn"]
    assert destroy.stop_runs(stepfunctions, workflow) == 1
    for _ in range(10_000):  # moto ends the run's thread a moment after it has answered
        if (status := stepfunctions.describe_execution(executionArn=run)["status"]) != "RUNNING":
            break
    assert status == "ABORTED"
    assert destroy.stop_runs(stepfunctions, workflow) == 0


def test_the_foundations_stay_while_the_app_stands_and_unless_somebody_says_yes_twice(
    operator: Operator, built: Path
) -> None:
    deploy(wanted(), built, operator.deployment())
    with pytest.raises(stacks.NotWanted, match="stands on the foundations"):
        destroy.destroy_foundations(wanted(), operator.deployment())
    destroy.destroy_app(wanted(), operator.deployment())
    operator.answers = [True, False]
    with pytest.raises(stacks.NotWanted):
        destroy.destroy_foundations(wanted(), operator.deployment())
    assert stacks.look_for(boto3.client("cloudformation"), "signoff-trial-foundations")


def test_missing_keys_are_made_once_and_never_beside_tickets(operator: Operator) -> None:
    ssm, dynamodb = boto3.client("ssm"), boto3.client("dynamodb")
    assert list(parameters.make_missing(ssm, dynamodb, wanted())) == [
        "made the secret /signoff/trial/keys",
        "made the secret /signoff/trial/receipt-keys",
    ]
    kept = json.loads(parameter("keys"))
    assert len(base64.b64decode(kept["keys"][kept["now"]])) == 32
    assert list(parameters.make_missing(ssm, dynamodb, wanted())) == []
    table("signoff-trial-desk", stream=False)
    dynamodb.put_item(**put("SO-ABC234", "signoff-trial-desk")["Put"])
    ssm.delete_parameter(Name="/signoff/trial/keys")
    with pytest.raises(parameters.KeysLost, match="/signoff/trial/keys"):
        list(parameters.make_missing(ssm, dynamodb, wanted()))


def test_a_key_is_made_for_the_companys_own_check(operator: Operator) -> None:
    asks = wanted(settings={"ELIGIBILITY_URL": "https://crm.example/check"})
    assert len(list(parameters.make_missing(boto3.client("ssm"), boto3.client("dynamodb"), asks))) == 3
    assert len(base64.b64decode(parameter("hooks/eligibility").removeprefix("whsec_"))) == 32
    assert parameters.version(boto3.client("ssm"), asks) == "1.1.1"


def test_the_rules_of_letters_are_made_active_but_never_instead_of_others(operator: Operator) -> None:
    ses = boto3.client("ses")
    ses.create_receipt_rule_set(RuleSetName="signoff-trial")
    ses.create_receipt_rule_set(RuleSetName="others")
    assert list(mail_setup.activate_rules(ses, wanted())) == ["letters: the rule set signoff-trial is active"]
    assert list(mail_setup.activate_rules(ses, wanted())) == []
    ses.set_active_receipt_rule_set(RuleSetName="others")
    (told, _) = mail_setup.activate_rules(ses, wanted())
    assert told.startswith("NOT DONE")
    assert ses.describe_active_receipt_rule_set()["Metadata"]["Name"] == "others"


def test_what_only_a_person_can_do_for_mail_is_told_until_it_is_done(operator: Operator) -> None:
    sesv2 = boto3.client("sesv2")
    with Stubber(sesv2) as ses:
        ses.add_response(
            "get_email_identity",
            {"VerifiedForSendingStatus": False, "DkimAttributes": {"Status": "PENDING", "Tokens": ["one"]}},
        )
        ses.add_response("get_account", {"ProductionAccessEnabled": False})
        told = list(mail_setup.left_to_do(sesv2, wanted()))
        assert told[0] == "to do, DNS: CNAME one._domainkey.desk.example to one.dkim.amazonses.com"
        assert any("sandbox" in each for each in told)
        done = {"VerifiedForSendingStatus": True, "DkimAttributes": {"Status": "SUCCESS", "Tokens": ["one"]}}
        ses.add_response("get_email_identity", done)
        ses.add_response("get_account", {"ProductionAccessEnabled": True})
        assert list(mail_setup.left_to_do(sesv2, wanted())) == []
