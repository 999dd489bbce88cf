"""The template that is deployed: Chalice's, merged with resources.yaml, and finished here.

`sam_template` needs no built zip, so the local cloud has it in a second; `python -m infra.package` builds the zip
and finishes the same template with the same `finished`.
"""

import json
import os
import re
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

Template = dict[str, Any]

PROJECT = Path(__file__).resolve().parent.parent
LOGS_KEPT_DAYS = 30  # logs hold ids only; a month is what looking into a trouble needs


def sam_template(project: Path = PROJECT, *, region: str, stage: str = "dev") -> Template:
    """The finished SAM template of the app in `project`, its code named but not built.

    Chalice's own steps make it, without the one that packs the zip: nothing is installed, nothing leaves the
    machine. Imports the app.
    """
    from botocore.session import Session
    from chalice.awsclient import TypedAWSClient
    from chalice.cli.factory import CLIFactory
    from chalice.package import PackageOptions

    config = CLIFactory(str(project), environ=dict(os.environ)).create_config_obj(stage)
    session = Session()
    session.set_config_variable("region", region)
    merged = _merged(config, PackageOptions(TypedAWSClient(session)), project / "infra" / "resources.yaml")
    return finished(merged, project)


def _merged(config: Any, options: Any, merge_file: Path) -> Template:
    from chalice import package
    from chalice.deploy import appgraph, deployer
    from chalice.deploy.deployer import PolicyGenerator
    from chalice.deploy.swagger import CFNSwaggerGenerator
    from chalice.utils import OSUtils

    files = OSUtils()
    steps = [
        deployer.InjectDefaults(),
        _named_code_step(),
        PolicyGenerator(policy_gen=_no_guessing(), osutils=files),
        deployer.SwaggerBuilder(swagger_generator=CFNSwaggerGenerator()),
        deployer.LambdaEventSourcePolicyInjector(),
    ]
    builder = package.ResourceBuilder(
        appgraph.ApplicationGraphBuilder(), appgraph.DependencyBuilder(), deployer.BuildStage(steps=steps)
    )
    merge = package.TemplateMergePostProcessor(
        files, package.TemplateDeepMerger(), package.YAMLTemplateSerializer(), str(merge_file)
    )

    stage = config.chalice_stage
    resources = builder.construct_resources(config, stage)
    template: Template = package.SAMTemplateGenerator(config, options).generate(resources)
    merge.process(template, config, "", stage)
    return template


def _no_guessing() -> Any:
    """Chalice's guess of a policy; never asked, every function has a policy file."""
    from chalice.policy import AppPolicyGenerator
    from chalice.utils import OSUtils

    return AppPolicyGenerator(osutils=OSUtils())


def _named_code_step() -> Any:
    from chalice.deploy.deployer import BaseDeployStep

    class NameTheCode(BaseDeployStep):  # type: ignore[misc, unused-ignore]
        """Stands where Chalice packs the zip: says what it is called, as SAM's post-processor would."""

        def handle_deploymentpackage(self, _config: Any, resource: Any) -> None:
            resource.filename = "./deployment.zip"

    return NameTheCode()


def finished(template: Template, project: Path = PROJECT) -> Template:
    """The template with the API's handler, the workflow laid in, a variable for each setting, and for each function a
    log group and traces, if they are on.

    Changes the template that it is given, and may be given it twice.
    """
    # Chalice names app.app, which opens every door before the first request.
    template["Resources"]["APIHandler"]["Properties"]["Handler"] = "chalicelib.front.answer"
    _lay_in_workflow(template, project / "infra" / "closure.asl.json")
    _add_settings(template)
    _add_log_groups(template)
    _add_traces(template)
    return template


def _lay_in_workflow(template: Template, definition: Path) -> None:
    text = json.dumps(json.loads(definition.read_text(encoding="utf-8")), separators=(",", ":"))
    for resource in _of_type(template, "AWS::StepFunctions::StateMachine").values():
        properties = resource["Properties"]
        unknown = set(re.findall(r"\$\{(\w+)}", text)) - set(properties["DefinitionSubstitutions"])
        if unknown:
            raise ValueError(f"{definition.name} names {sorted(unknown)}, resources.yaml does not")
        properties["DefinitionString"] = text


def _add_settings(template: Template) -> None:
    """chalicelib/settings.py is the list of settings; what has a default there becomes a parameter here."""
    from chalicelib.settings import Settings, as_text

    given = variables(template)
    for each in fields(Settings):
        name = each.name.upper()
        if name in given:
            continue
        if each.default is MISSING:
            raise ValueError(f"resources.yaml must give {name}: it has no default in settings.py")
        parameter = each.name.title().replace("_", "")
        template["Parameters"][parameter] = {
            "Type": "String",
            "Default": as_text(each.default),
            "Description": each.metadata["says"],
        }
        given[name] = {"Ref": parameter}


def variables(template: Template) -> Template:
    """The environment of every function; they all have the same one."""
    found: Template = template["Globals"]["Function"]["Environment"]["Variables"]
    return found


def given_by_template(project: Path = PROJECT) -> set[str]:
    """The variables that resources.yaml itself sets: no parameter names them."""
    return set(variables(read_yaml(project / "infra" / "resources.yaml")))


def _add_log_groups(template: Template) -> None:
    for name in list(_of_type(template, "AWS::Serverless::Function")):
        template["Resources"][f"{name}Logs"] = {
            "Type": "AWS::Logs::LogGroup",
            "Properties": {
                "LogGroupName": {"Fn::Sub": f"/aws/lambda/${{{name}}}"},
                "RetentionInDays": LOGS_KEPT_DAYS,
            },
        }


def _add_traces(template: Template) -> None:
    """Chalice writes Tracing on each function, so that Globals can't; and the roles are its, too."""
    roles = template["Resources"]["TracingPolicy"]["Properties"]["Roles"]
    for function in _of_type(template, "AWS::Serverless::Function").values():
        function["Properties"]["Tracing"] = {"Fn::If": ["IsTraced", "Active", "PassThrough"]}
        role = {"Ref": function["Properties"]["Role"]["Fn::GetAtt"][0]}
        if role not in roles:
            roles.append(role)


def _of_type(template: Template, kind: str) -> dict[str, Template]:
    return {name: each for name, each in template["Resources"].items() if each["Type"] == kind}


def cloudformation(template: Template, parameters: dict[str, str], *, region: str, code: str) -> Template:
    """What CloudFormation sees of a SAM template whose zip lies at `code` (s3://…): AWS's own translator, offline."""
    import boto3
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    for function in _of_type(template, "AWS::Serverless::Function").values():
        function["Properties"]["CodeUri"] = code
    session = boto3.session.Session(region_name=region)
    translator = Translator({}, Parser(), boto_session=session)
    plain: Template = translator.translate(template, parameters)
    translator.metrics.publish()  # to nowhere; else it complains when it goes
    return plain


def read_yaml(path: Path) -> Template:
    """A CloudFormation file, its short forms (`!Ref`, `!Sub`) written out."""
    from chalice.package import YAMLTemplateSerializer

    template: Template = YAMLTemplateSerializer().load_template(path.read_text(encoding="utf-8"), str(path))
    return template
