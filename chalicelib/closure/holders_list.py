"""Reads the list of holders, closure/holders.toml: every holder's settings are checked by the class of its kind."""

import re
import tomllib
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from pkgutil import iter_modules
from typing import Annotated, Any, TypeVar

from msgspec import Meta, Struct

from chalicelib.closure import holders
from chalicelib.closure.holders import ACCOUNT_RECORD, Holder
from chalicelib.language import say
from chalicelib.problems import SettingsWrong
from chalicelib.reading import WrongFields, fitted, matching

Made = TypeVar("Made")


def kinds() -> list[str]:
    """Every kind there is: the files of the folder holders/."""
    return sorted(each.name for each in iter_modules(holders.__path__))


class _OfAll(Struct, frozen=True, kw_only=True):
    """What every holder can be told, whatever its kind."""

    name: Annotated[str, matching(r"[a-z][a-z0-9_-]{0,39}")]
    kind: str
    settle: Annotated[int, Meta(ge=0, le=86_400)] | None = None


class Configured(Struct, frozen=True, kw_only=True):
    holder: Holder
    settle: int


def read(text: str, words: dict[str, str]) -> dict[str, Configured]:
    """The holders that this text lists, by name, in order; `{stage}` and the like are filled in from `words`.

    Raises `SettingsWrong` with every fault of the whole list at once.
    """
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsWrong(wrong=(f"HOLDERS: not TOML: {error}",)) from None
    found: dict[str, Configured] = {}
    names: list[object] = []
    wrong = [f"HOLDERS: there is no {name!r}, only [[holder]]" for name in told if name != "holder"]
    for nth, each in enumerate(_tables(told.get("holder", [])), start=1):
        name = str(each.get("name", ""))
        made, faults = _read_one(each, words, names)
        wrong += [f"HOLDERS: holder {nth} ({name or 'without a name'}): {fault}" for fault in faults]
        names.append(each.get("name"))
        if made:
            found[name] = made
    if wrong:
        raise SettingsWrong(wrong=tuple(wrong))
    return found


def _tables(listed: Any) -> list[dict[str, Any]]:
    is_so = isinstance(listed, list) and all(isinstance(each, dict) for each in listed)
    if not is_so:
        raise SettingsWrong(wrong=("HOLDERS: each holder is a table, [[holder]]",))
    return list(listed)


def _read_one(
    given: dict[str, Any], words: dict[str, str], others: list[object]
) -> tuple[Configured | None, list[str]]:
    """The holder, and all that is wrong with it: with its name, with what every holder is told, with what its kind is
    told."""
    faults = list(_faults_of_name(given.get("name"), others))
    with_words = {key: _tried(partial(_with_words, each, words), faults) or each for key, each in given.items()}
    of_all = _tried(partial(fitted, with_words, _OfAll), faults)
    own = {key: value for key, value in with_words.items() if key not in ("name", "kind", "settle")}
    holder = _tried(partial(_of_kind, given.get("kind"), own), faults)
    if not of_all or not holder or faults:
        return None, faults
    return Configured(holder=holder, settle=holder.settles_in if of_all.settle is None else of_all.settle), []


def _faults_of_name(name: Any, others: list[object]) -> Iterator[str]:
    if name in others:
        yield "another one has this name"
    if name == ACCOUNT_RECORD:
        yield "the account record is always there and isn't listed"


def _of_kind(kind: Any, given: dict[str, Any]) -> Holder:
    if kind not in kinds():
        raise ValueError(f"there is no kind {kind!r}, only {', '.join(kinds())}")
    its: type[Holder] = import_module(f"{holders.__name__}.{kind}").KIND
    return fitted(given, its)


def _tried(make: Callable[[], Made], faults: list[str]) -> Made | None:
    """What is made; None, and one more fault or several, if it can't be."""
    try:
        return make()
    except WrongFields as refused:
        faults += _told(refused)
    except ValueError as error:
        faults.append(str(error))
    return None


def _with_words(value: Any, words: dict[str, str]) -> Any:
    if not isinstance(value, str):
        return value
    for name, word in words.items():
        value = value.replace(f"{{{name}}}", word)
    unknown = set(re.findall(r"\{[^{}]*\}", value)) - {"{account_id}"}
    if unknown:
        raise ValueError(f"there is no {', '.join(sorted(unknown))} to fill in")
    return value


def _told(refused: WrongFields) -> list[str]:
    """Of what no field alone is to blame for, the words of the kind itself."""
    own = str(refused.__cause__ or "")
    said = [(each.name, say("en", each.sentence, **each.facts)) for each in refused.wrong]
    return [f"{name}: {sentence}" if name else own or sentence for name, sentence in said]
