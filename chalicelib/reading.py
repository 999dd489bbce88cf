"""How bytes from outside become a checked value: JSON bodies, query parameters, forms. Every wrong field at once."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import parse_qsl

from msgspec import Struct, field
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ValidationError,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import ErrorDetails, PydanticCustomError

from chalicelib.language import N_
from chalicelib.problems import TooLarge

LARGEST_BODY = 256 * 1024
_DEEPEST = 20
_MOST_FIELDS = 100

# Refused in any text: DynamoDB keys, mail headers and terminals trip over them. Tabs and line ends may stand in texts
# of several lines. Lone surrogates are no text at all: they can't be written as UTF-8.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_LINE_END = re.compile("[\n\r\t\u2028\u2029]")

# The same for the description, as JSON Schema can say it: what may stand in a text, which of it doesn't show, and what
# may stand in one line. (Surrogates can't be named there.) No pattern can go back and forth over a long text.
_FIT = r"[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]"
_FIT_IN_LINE = r"[^\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffe\uffff]"
_BLANK_IN_LINE = r"[ \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]"
_BLANK = r"[\t\n\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
_SHOWS = r"[^\u0000-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufffe\uffff]"

NOT_FIT = N_("This holds a character that can't be stored, such as a control character.")
ONE_LINE = N_("This must be one line of text.")
UNKNOWN = N_("There is no such field.")
TWICE = N_("This field is given more than once.")
NOT_JSON = N_("The body is not JSON.")
NOT_UTF8 = N_("The body is not UTF-8 text.")
NOT_OBJECT = N_("The body must be a JSON object.")
TOO_DEEP = N_("The body is nested too deeply.")
TOO_MANY_FIELDS = N_("There are too many fields.")
WRONG_FORM = N_("This does not have the right form.")
WRONG_TIME = N_("This must be a time with its zone, such as 2026-11-22T10:00:00Z.")
WRONG_DATE = N_("This must be a date, such as 2026-11-22.")
NOT_NUMBER = N_("This must be a number.")
NOT_WHOLE = N_("This must be a whole number.")
NOT_OBJECT_FIELD = N_("This must be an object.")

# By pydantic's names of errors. A `{fact}` is pydantic's own (`ctx`).
_SENTENCES = {
    "missing": N_("This field is required."),
    "extra_forbidden": UNKNOWN,
    "string_type": N_("This must be text."),
    "string_too_short": N_("This must have at least {min_length} characters."),
    "string_too_long": N_("This must have at most {max_length} characters."),
    "string_pattern_mismatch": WRONG_FORM,
    "int_type": NOT_WHOLE,
    "int_parsing": NOT_WHOLE,
    "int_parsing_size": NOT_WHOLE,
    "int_from_float": NOT_WHOLE,
    "float_type": NOT_NUMBER,
    "float_parsing": NOT_NUMBER,
    "finite_number": NOT_NUMBER,
    "decimal_type": NOT_NUMBER,
    "decimal_parsing": NOT_NUMBER,
    "bool_type": N_("This must be true or false."),
    "bool_parsing": N_("This must be true or false."),
    "list_type": N_("This must be a list."),
    "tuple_type": N_("This must be a list."),
    "set_type": N_("This must be a list."),
    "frozen_set_type": N_("This must be a list."),
    "too_short": N_("This must have at least {min_length} entries."),
    "too_long": N_("This must have at most {max_length} entries."),
    "dict_type": NOT_OBJECT_FIELD,
    "model_type": NOT_OBJECT_FIELD,
    "model_attributes_type": NOT_OBJECT_FIELD,
    "literal_error": N_("This must be one of: {expected}."),
    "enum": N_("This must be one of: {expected}."),
    "greater_than_equal": N_("This must be at least {ge}."),
    "less_than_equal": N_("This must be at most {le}."),
    "greater_than": N_("This must be more than {gt}."),
    "less_than": N_("This must be less than {lt}."),
    "datetime_type": WRONG_TIME,
    "datetime_parsing": WRONG_TIME,
    "datetime_from_date_parsing": WRONG_TIME,
    "timezone_aware": WRONG_TIME,
    "date_type": WRONG_DATE,
    "date_parsing": WRONG_DATE,
    "date_from_datetime_parsing": WRONG_DATE,
}
_EMPTY = N_("This must not be empty.")


class Input(BaseModel):
    """What every model of a body or a query is: unknown fields refused, nothing turned into something else silently."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class Nothing(Input):
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


def wrong(sentence: str, **facts: object) -> PydanticCustomError:
    """To be raised in a validator of an `Input`: this sentence is what the caller reads beside the field."""
    return PydanticCustomError("said", "{said}", {"said": sentence, **facts})


def _one_line(text: str) -> str:
    if _LINE_END.search(text):
        raise wrong(ONE_LINE)
    return text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise wrong(_EMPTY)
    return text


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:  # the last hours of the year 9999, or the first of the year 1, in another zone
        raise wrong(WRONG_TIME) from None


def _as_whole(given: Any) -> Any:
    # JSON has one kind of number: to JSON Schema, and to programs that know no other, 3.0 is 3.
    return int(given) if isinstance(given, float) and given.is_integer() else given


class _Described(Struct, frozen=True):
    """What the description says of a text that a validator of ours checks."""

    pattern: str

    def __get_pydantic_json_schema__(self, core: Any, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(core), "pattern": self.pattern}


Line = Annotated[str, AfterValidator(_one_line), _Described(f"^{_FIT_IN_LINE}*$")]
Filled = Annotated[str, AfterValidator(_not_blank), _Described(f"^{_BLANK}*{_SHOWS}{_FIT}*$")]
FilledLine = Annotated[
    str,
    AfterValidator(_one_line),
    AfterValidator(_not_blank),
    _Described(f"^{_BLANK_IN_LINE}*{_SHOWS}{_FIT_IN_LINE}*$"),
]

WHOLE: Final = BeforeValidator(_as_whole)
LARGEST_WHOLE: Final = 2**53 - 1
"""What every program holds exactly; DynamoDB breaks on numbers of 39 digits."""
Version = Annotated[int, Field(ge=1, le=LARGEST_WHOLE), WHOLE]

Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]

Model = TypeVar("Model", bound=BaseModel)


def json_body(raw: bytes, model: type[Model]) -> Model:
    """The body as this model. `TooLarge` past 256 KiB; `WrongFields` names all that is wrong."""
    text = _text_of(raw)
    _check_tree(_parsed(text))
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        raise WrongFields(*map(_told, error.errors(include_url=False, include_input=False))) from None


def checked(fields: Mapping[str, Any], model: type[Model]) -> Model:
    """Fields that came otherwise than as JSON, such as a form's, as this model: just as if they had."""
    return json_body(json.dumps(fields, ensure_ascii=False).encode(), model)


def json_list(raw: bytes, model: type[Model], *, most: int) -> tuple[Model, ...]:
    """A body that is a list of these, as another system answers. Refused as `json_body` does, and past so many."""
    entries = _json(_text_of(raw))
    if not isinstance(entries, list) or len(entries) > most:
        raise WrongFields(WrongField(name="", sentence=WRONG_FORM))
    _check_tree({"": entries})
    try:
        return tuple(model.model_validate_json(json.dumps(each)) for each in entries)
    except ValidationError as error:
        raise WrongFields(*map(_told, error.errors(include_url=False, include_input=False))) from None


def query(given: Mapping[str, list[str]], model: type[Model]) -> Model:
    """The query's parameters as this model; their text is read as what the model wants (`limit=20` is a number)."""
    wrong_ones = [WrongField(name=name, sentence=TWICE) for name, values in given.items() if len(values) > 1]
    if wrong_ones:
        raise WrongFields(*wrong_ones)
    single = {name: values[-1] for name, values in given.items() if values}
    _check_tree(single)
    try:
        return model.model_validate_strings(single)
    except ValidationError as error:
        raise WrongFields(*map(_told, error.errors(include_url=False, include_input=False))) from None


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
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except RecursionError:
        raise WrongFields(WrongField(name="", sentence=TOO_DEEP)) from None
    except ValueError:
        raise WrongFields(WrongField(name="", sentence=NOT_JSON)) from None


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    # Of two fields of one name, one reader takes the first and another the last: so neither is taken.
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise WrongFields(WrongField(name=_shown(name), sentence=TWICE))
        found[name] = value
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(name)  # NaN and Infinity are no JSON


def _check_tree(tree: Mapping[str, Any]) -> None:
    """WrongFields if a text anywhere in the tree can't be stored, or the tree is too deep."""
    found: list[WrongField] = []
    waiting: list[tuple[str, Any, int]] = [("", tree, 0)]
    while waiting:
        name, value, depth = waiting.pop()
        if depth > _DEEPEST:
            raise WrongFields(WrongField(name="", sentence=TOO_DEEP))
        if isinstance(value, str) and _UNFIT.search(value):
            found.append(WrongField(name=name, sentence=NOT_FIT))
        waiting.extend((_joined(name, key), each, depth + 1) for key, each in _children(value))
        found.extend(WrongField(name=_joined(name, key), sentence=UNKNOWN) for key in _unfit_keys(value))
    if found:
        raise WrongFields(*reversed(found))


def _children(value: Any) -> Iterable[tuple[object, Any]]:
    if isinstance(value, dict):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


def _unfit_keys(value: Any) -> list[str]:
    return [key for key in value if _UNFIT.search(key)] if isinstance(value, dict) else []


def _joined(name: str, key: object) -> str:
    last = _shown(str(key))
    return f"{name}.{last}" if name else last


def _shown(name: str) -> str:
    """A field's name as it may stand in an answer: bounded, without what we refuse in text."""
    return _UNFIT.sub("?", name)[:100]


def _told(error: ErrorDetails) -> WrongField:
    facts: dict[str, object] = dict(error.get("ctx") or {})
    if error["type"] == "said":
        sentence = str(facts.pop("said"))
    elif error["type"] == "string_too_short" and facts.get("min_length") == 1:
        sentence = _EMPTY
    else:
        sentence = _SENTENCES.get(error["type"], WRONG_FORM)
    if "expected" in facts:
        facts["expected"] = str(facts["expected"]).replace(" or ", ", ").replace("'", "")
    return WrongField(name=".".join(_shown(str(each)) for each in error["loc"]), sentence=sentence, facts=facts)
