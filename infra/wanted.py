"""What a deployment is to be: infra/stages/STAGE.toml, checked whole before anything is done."""

import re
import tomllib
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any

from chalicelib import settings
from chalicelib.problems import SettingsWrong
from infra import template

STAGES = template.PROJECT / "infra" / "stages"


class StageWrong(RuntimeError):
    """The file can't be deployed; every fault at once, a line each."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One attribute a line of the file; stage.example.toml tells what each is."""

    stage: str
    region: str
    domain: str
    support_address: str
    issuer: str
    alarms: str = ""
    custom_domain: str = ""
    certificate: str = ""
    code_bucket: str = ""
    api_gateway_logs: str = "set"
    tracing: str = "off"
    tags: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def app_stack(self) -> str:
        return f"signoff-{self.stage}"

    @property
    def foundations_stack(self) -> str:
        return f"signoff-{self.stage}-foundations"

    def for_foundations(self) -> dict[str, str]:
        """Its template's parameters."""
        return {
            "Stage": self.stage,
            "MailDomain": self.domain,
            "AlarmsAddress": self.alarms,
            "ApiGatewayLogs": self.api_gateway_logs,
        }

    def for_app(self, *, public_url: str, desk_stream: str, keys_version: str) -> dict[str, str]:
        """Its template's parameters: what the file says, and the desk's address, its table's stream and the version of
        its secrets, as they are now."""
        named = {name.title().replace("_", ""): value for name, value in self.settings.items()}
        return named | {
            "Stage": self.stage,
            "PublicUrl": public_url,
            "DeskStream": desk_stream,
            "KeysVersion": keys_version,
            "SupportAddress": self.support_address,
            "Issuer": self.issuer,
            "CustomDomain": self.custom_domain,
            "Certificate": self.certificate,
            "Tracing": self.tracing,
        }

    def all_tags(self) -> dict[str, str]:
        return {"Application": "signoff", "Stage": self.stage} | self.tags


def of_stage(stage: str, folder: Path = STAGES) -> Wanted:
    """What the file of this stage says. Raises `StageWrong`."""
    path = folder / f"{stage}.toml"
    if not re.fullmatch(r"[a-z][a-z0-9]{1,11}", stage):
        raise StageWrong(f"{stage!r} is no name of a stage: 2 to 12 small letters and digits, a letter first")
    if not path.is_file():
        raise StageWrong(
            f"There is no {path.name} in infra/stages: copy stage.example.toml, and say in it what is wanted"
        )
    try:
        told = tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise StageWrong(f"{path.name}: not TOML: {error}") from None
    return read(stage, told)


def read(stage: str, told: dict[str, Any]) -> Wanted:
    """The same of what is read already."""
    lines = [each for each in fields(Wanted) if each.name != "stage"]
    needed = {each.name for each in lines if each.default is MISSING and each.default_factory is MISSING}
    wrong = [f"there is no {name!r}" for name in told if name not in {each.name for each in lines}]
    wrong += [f"{name} is missing" for name in sorted(needed - told.keys())]
    wrong += [f"{name} must be {what}" for name, what in _of_another_kind(told)]
    if not wrong:
        found = Wanted(stage=stage, **told)
        wrong = [*_contradictions(found), *_wrong_settings(found)]
        if not wrong:
            return found
    raise StageWrong("\n".join(f"{stage}.toml: {each}" for each in wrong))


def _of_another_kind(told: dict[str, Any]) -> list[tuple[str, str]]:
    texts = [
        (name, "a text") for name, it in told.items() if name not in ("tags", "settings") and not isinstance(it, str)
    ]
    tables = [
        (name, "a table of texts")
        for name in ("tags", "settings")
        if not isinstance(it := told.get(name, {}), dict) or not all(isinstance(each, str) for each in it.values())
    ]
    return texts + tables


def _contradictions(wanted: Wanted) -> list[str]:
    wrong = []
    if not wanted.support_address.endswith(f"@{wanted.domain}"):
        wrong.append(f"support_address must be at {wanted.domain}: answers to mails would be lost")
    if bool(wanted.custom_domain) != bool(wanted.certificate):
        wrong.append("custom_domain and certificate belong together")
    if not wanted.issuer.startswith("https://"):
        wrong.append("issuer must be an https:// address")
    if wanted.api_gateway_logs not in ("set", "leave"):
        wrong.append("api_gateway_logs must be set or leave")
    if wanted.tracing not in ("on", "off"):
        wrong.append("tracing must be on or off")
    if wanted.alarms and "@" not in wanted.alarms:
        wrong.append("alarms must be a mail address")
    return wrong


def _wrong_settings(wanted: Wanted) -> list[str]:
    """What the desk itself would say of these settings, before it is deployed with them."""
    with_default = {each.name.upper() for each in fields(settings.Settings) if each.default is not MISSING}
    by_template = template.given_by_template()
    free = with_default - by_template
    wrong = [f"settings: there is no {name} to set" for name in sorted(wanted.settings.keys() - free)]
    given = dict.fromkeys(by_template, "given") | {
        "PUBLIC_URL": "https://desk.invalid",
        "SUPPORT_ADDRESS": wanted.support_address,
    }
    try:
        settings.read(given | {name: value for name, value in wanted.settings.items() if name in free})
    except SettingsWrong as error:
        wrong += [f"settings: {each}" for each in error.wrong]
    return wrong
