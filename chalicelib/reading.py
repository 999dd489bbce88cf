"""How bytes from outside become a checked value: JSON bodies, query parameters, forms. Every wrong field at once."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import parse_qsl

from msgspec import Meta, Struct, ValidationError, convert, field
from msgspec.inspect import IntType, Metadata, NoneType, Type, UnionType, type_info
from msgspec.structs import fields, force_setattr

from chalicelib.language import N_
from chalicelib.problems import TooLarge

LARGEST_BODY = 256 * 1024
MOST_TOLD = 100
"""So many wrong fields are told: a refusal mustn't grow larger than what was refused."""
_DEEPEST = 20
_MOST_FIELDS = 100
_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}")

# Refused in any text: DynamoDB keys, mail headers and terminals trip over them. Tabs and line ends may stand in texts
# of several lines. Lone surrogates are no text at all: they can't be written as UTF-8.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

# What may stand in a text, which of it doesn't show, and what may stand in one line, as JSON Schema can say it, too.
# (Surrogates can't be named there.) No pattern can go back and forth over a long text.
_FIT = r"[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]"
_FIT_IN_LINE = r"[^\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffe\uffff]"
_BLANK_IN_LINE = r"[ \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]"
_BLANK = r"[\t\n\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
_SHOWS = r"[^\u0000-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufffe\uffff]"

NOT_FIT = N_("This holds a character that can't be stored, such as a control character.")
ONE_LINE = N_("This must be one line of text.")
EMPTY = N_("This must not be empty.")
UNKNOWN = N_("There is no such field.")
TWICE = N_("This field is given more than once.")
NOT_JSON = N_("The body is not JSON.")
NOT_UTF8 = N_("The body is not UTF-8 text.")
NOT_OBJECT = N_("The body must be a JSON object.")
TOO_DEEP = N_("The body is nested too deeply.")
TOO_MANY_FIELDS = N_("There are too many fields.")
WRONG_TIME = N_("This must be a time with its zone, such as 2026-11-22T10:00:00Z.")
WRONG_FORM = N_("This does not have the right form.")


class Input(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every model of a body or a query is: unknown fields refused, nothing turned into something else silently.

    What no type can say stands in the model's `__post_init__`, which raises `WrongFields`. Times are turned into UTC.
    """

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            if isinstance(value := getattr(self, name), datetime):
                force_setattr(self, name, _in_utc(value, name))


class Nothing(Input, frozen=True, kw_only=True):
    """A call that takes no fields."""


class WrongField(Struct, frozen=True, kw_only=True):
    """One field, named by its path (`` is the whole), and a sentence in English with its facts."""

    name: str
    sentence: str
    facts: Mapping[str, object] = field(default_factory=dict)


class WrongFields(Exception):
    """What was read can't be used; holds every wrong field. The door turns it into `bad_input`."""

    def __init__(self, *wrong: WrongField) -> None:
        super().__init__(len(wrong))  # names and facts may be personal
        self.wrong = wrong


def _in_utc(at: datetime, name: str) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:  # the last hours of the year 9999, or the first of the year 1, in another zone
        raise WrongFields(WrongField(name=name, sentence=WRONG_TIME)) from None


def matching(pattern: str, *, otherwise: str = WRONG_FORM, says: str | None = None) -> Meta:
    """Of a text: that the pattern matches all of it; `otherwise` is what the caller reads beside the field.

    Not `$`: in Python it lets a line end pass. (In JSON Schema it doesn't; the description says `$`.)"""
    return Meta(pattern=rf"^{pattern}\Z", description=says, extra={"otherwise": otherwise})


Line = Annotated[str, matching(f"{_FIT_IN_LINE}*", otherwise=ONE_LINE)]
Filled = Annotated[str, matching(f"{_BLANK}*{_SHOWS}{_FIT}*", otherwise=EMPTY)]
FilledLine = Annotated[str, matching(f"{_BLANK_IN_LINE}*{_SHOWS}{_FIT_IN_LINE}*", otherwise=ONE_LINE)]

LARGEST_WHOLE: Final = 2**53 - 1
"""What every program holds exactly; DynamoDB breaks on numbers of 39 digits."""
Version = Annotated[int, Meta(ge=1, le=LARGEST_WHOLE)]

Instant = Annotated[datetime, Meta(tz=True)]
"""A time with its zone (RFC 3339)."""

Model = TypeVar("Model", bound=Input)
Made = TypeVar("Made", bound=Struct)


def json_body(raw: bytes, model: type[Model]) -> Model:
    """The body as this model. `TooLarge` past 256 KiB; `WrongFields` names all that is wrong."""
    return read(_parsed(_text_of(raw)), model)


def json_list(raw: bytes, model: type[Model], *, most: int) -> tuple[Model, ...]:
    """A body that is a list of these, as another system answers. Refused as `json_body` does, and past so many."""
    entries = _json(_text_of(raw))
    if not isinstance(entries, list) or len(entries) > most:
        raise WrongFields(WrongField(name="", sentence=WRONG_FORM))
    return tuple(read(each, model) for each in entries)


def query(given: Mapping[str, list[str]], model: type[Model]) -> Model:
    """The query's parameters as this model; their text is read as what the model wants (`limit=20` is a number)."""
    wrong_ones = [WrongField(name=name, sentence=TWICE) for name, values in given.items() if len(values) > 1]
    if wrong_ones:
        raise WrongFields(*wrong_ones)
    return read(_with_numbers({name: values[-1] for name, values in given.items() if values}, model), model)


def _with_numbers(given: Mapping[str, str], model: type[Input]) -> dict[str, Any]:
    kinds = {each.name: bare(type_info(each.type)) for each in fields(model) if each.name in given}
    return {
        name: int(text) if isinstance(kinds.get(name), IntType) and _WHOLE_NUMBER.fullmatch(text) else text
        for name, text in given.items()
    }


def bare(kind: Type) -> Type:
    """The kind of value itself: without what else is said of it, and without that it may be null."""
    if isinstance(kind, Metadata):
        return bare(kind.type)
    if isinstance(kind, UnionType):
        return bare(next(each for each in kind.types if not isinstance(each, NoneType)))
    return kind


def read(tree: Any, model: type[Made]) -> Made:
    """What was read from JSON or a form as this class of values; `WrongFields` names all that is wrong."""
    _check_tree(tree)
    return fitted(tree, model)


def fitted(tree: Any, model: type[Made]) -> Made:
    """The same of an operator's file, in whose texts any character may stand."""
    try:
        return convert(tree, model)
    except ValidationError as error:
        from chalicelib.wrong_fields import wrong_fields  # msgspec itself names but the first one

        raise WrongFields(*wrong_fields(tree, model)) from error


def form(raw: bytes) -> dict[str, str]:
    """The fields of an HTML form (application/x-www-form-urlencoded), at most a hundred, each given once.

    Line ends come as CR LF from browsers and go on as LF.
    """
    try:
        pairs = parse_qsl(_text_of(raw), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except UnicodeDecodeError:
        raise WrongFields(WrongField(name="", sentence=NOT_UTF8)) from None
    except ValueError:
        raise WrongFields(WrongField(name="", sentence=TOO_MANY_FIELDS)) from None
    fields = _once(pairs)
    _check_tree(fields)
    return {name: text.replace("\r\n", "\n") for name, text in fields.items()}


def _text_of(raw: bytes) -> str:
    if len(raw) > LARGEST_BODY:
        raise TooLarge
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise WrongFields(WrongField(name="", sentence=NOT_UTF8)) from None


def _parsed(text: str) -> dict[str, Any]:
    tree = _json(text)
    if not isinstance(tree, dict):
        raise WrongFields(WrongField(name="", sentence=NOT_OBJECT))
    return tree


def _json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_once, parse_float=_number, parse_constant=_no_constant)
    except RecursionError:
        raise WrongFields(WrongField(name="", sentence=TOO_DEEP)) from None
    except ValueError:
        raise WrongFields(WrongField(name="", sentence=NOT_JSON)) from None


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    # Of two fields of one name, one reader takes the first and another the last: so neither is taken.
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise WrongFields(WrongField(name=shown(name), sentence=TWICE))
        found[name] = value
    return found


def _number(text: str) -> float:
    number = float(text)  # JSON has one kind of number: to JSON Schema, and to programs that know no other, 3.0 is 3
    return int(number) if number.is_integer() else number


def _no_constant(name: str) -> Any:
    raise ValueError(name)  # NaN and Infinity are no JSON


def _check_tree(tree: Any) -> None:
    """WrongFields if a text anywhere in the tree can't be stored, or the tree is too deep."""
    found: list[WrongField] = []
    waiting: list[tuple[str, Any, int]] = [("", tree, 0)]
    while waiting:
        name, value, depth = waiting.pop()
        if depth > _DEEPEST:
            raise WrongFields(WrongField(name="", sentence=TOO_DEEP))
        if isinstance(value, str) and _UNFIT.search(value):
            found.append(WrongField(name=name, sentence=NOT_FIT))
        waiting.extend((joined(name, key), each, depth + 1) for key, each in _children(value))
        found.extend(WrongField(name=joined(name, key), sentence=UNKNOWN) for key in _unfit_keys(value))
    if found:
        raise WrongFields(*found[: -MOST_TOLD - 1 : -1])


def _children(value: Any) -> Iterable[tuple[object, Any]]:
    if isinstance(value, dict):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


def _unfit_keys(value: Any) -> list[str]:
    return [key for key in value if _UNFIT.search(key)] if isinstance(value, dict) else []


def joined(name: str, key: object) -> str:
    """The path of what is called `key` in the thing of this name."""
    last = shown(str(key))
    return f"{name}.{last}" if name else last


def shown(name: str) -> str:
    """A field's name as it may stand in an answer: bounded, without what we refuse in text."""
    return _UNFIT.sub("?", name)[:100]
