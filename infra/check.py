"""`python -m infra.check`: cfn-lint on the templates as CloudFormation would see them, statelint on the workflow.

cfn-lint doesn't look into a workflow whose functions are filled in, so the workflow has its own check. Neither has
anything switched off: a line here that does so must say why.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from infra import template

REGION = "ap-southeast-1"
NEWEST_RUNTIME = "python3.13"


def main() -> int:
    infra = template.PROJECT / "infra"
    workflow = json.loads((infra / "closure.asl.json").read_text("utf-8"))
    found = [*workflow_complaints(workflow), *complaints(infra / "foundations.yaml")]
    with tempfile.TemporaryDirectory() as folder:
        app = Path(folder) / "sam.json"
        app.write_text(json.dumps(_as_packaged(template.sam_template(region=REGION))), encoding="utf-8")
        found += complaints(app)
    for each in found:
        print(each)
    print("templates and workflow: " + (f"{len(found)} complaints" if found else "nothing to say"))
    return 1 if found else 0


def complaints(path: Path) -> list[str]:
    """What cfn-lint says of one template, warnings too."""
    from cfnlint import api
    from cfnlint.config import ManualArgs

    said = api.lint_file(path, config=ManualArgs(regions=[REGION]))
    return [f"{path.name}: {each.rule.id} {each.message} at line {each.linenumber}" for each in said]


def workflow_complaints(definition: dict[str, Any]) -> list[str]:
    """What statelint says of a workflow: fields, paths, and states that nothing leads to or that aren't there."""
    from statelint.linter import Linter

    return [f"workflow: {each}" for each in Linter.validate(definition)]


def _as_packaged(app: template.Template) -> template.Template:
    """Chalice names the runtime of the interpreter; packaging refuses one that is too old, a check need not."""
    for resource in app["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["Runtime"] = NEWEST_RUNTIME
    return app


if __name__ == "__main__":
    sys.exit(main())
