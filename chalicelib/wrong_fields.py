"""What is wrong with what came from outside: every field at once, each with a sentence.

msgspec decides whether a value is what a model wants, and names the first thing that is wrong. This tells all of them.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

from msgspec import Struct, ValidationError, convert
from msgspec.inspect import (
    BoolType,
    DateTimeType,
    DictType,
    FloatType,
    IntType,
    ListType,
    LiteralType,
    Metadata,
    NoneType,
    StrType,
    StructType,
    Type,
    UnionType,
    VarTupleType,
    type_info,
)

from chalicelib.language import N_
from chalicelib.reading import (
    EMPTY,
    MOST_TOLD,
    ONE_LINE,
    UNKNOWN,
    WRONG_FORM,
    WRONG_TIME,
    Instant,
    WrongField,
    bare,
    joined,
)

_REQUIRED = N_("This field is required.")
_NOT_TEXT = N_("This must be text.")
_NOT_WHOLE = N_("This must be a whole number.")
_NOT_NUMBER = N_("This must be a number.")
_NOT_LIST = N_("This must be a list.")
_NOT_OBJECT = N_("This must be an object.")
_NOT_BOOL = N_("This must be true or false.")
_NOT_ONE_OF = N_("This must be one of: {expected}.")
_TOO_SHORT = N_("This must have at least {min_length} characters.")
_TOO_LONG = N_("This must have at most {max_length} characters.")
_TOO_FEW = N_("This must have at least {min_length} entries.")
_TOO_MANY = N_("This must have at most {max_length} entries.")
_AT_LEAST = N_("This must be at least {ge}.")
_AT_MOST = N_("This must be at most {le}.")
_MORE_THAN = N_("This must be more than {gt}.")
_LESS_THAN = N_("This must be less than {lt}.")

# By what JSON has: a type is meant exactly, for in Python true is a number, too.
_IS: Final[Mapping[type[Type], tuple[tuple[type, ...], str]]] = {
    StrType: ((str,), _NOT_TEXT),
    IntType: ((int,), _NOT_WHOLE),
    FloatType: ((int, float), _NOT_NUMBER),
    BoolType: ((bool,), _NOT_BOOL),
    ListType: ((list,), _NOT_LIST),
    VarTupleType: ((list,), _NOT_LIST),
    DictType: ((dict,), _NOT_OBJECT),
    StructType: ((dict,), _NOT_OBJECT),
}


def wrong_fields(tree: Any, model: type[Struct]) -> list[WrongField]:
    """All that is wrong with what couldn't be read as this model, up to a hundred of them; that it is wrong as a whole,
    where no field is."""
    return list(islice(_wrong(tree, type_info(model), ""), MOST_TOLD)) or [WrongField(name="", sentence=WRONG_FORM)]


def _wrong(value: Any, kind: Type, name: str) -> Iterator[WrongField]:
    if value is None and _may_be_null(kind):
        return
    said, kind = _said(kind), bare(kind)
    types, sentence = _IS.get(type(kind), ((), ""))
    if types and type(value) not in types:
        yield WrongField(name=name, sentence=sentence)
    elif isinstance(kind, StrType):
        yield from _in_text(value, kind, name, said)
    elif type(kind) in _LOOKS:
        yield from _LOOKS[type(kind)](value, kind, name)


def _may_be_null(kind: Type) -> bool:
    kind = kind.type if isinstance(kind, Metadata) else kind
    return isinstance(kind, UnionType) and kind.includes_none


def _said(kind: Type) -> str:
    """What `reading.matching` says of a text that doesn't match."""
    if isinstance(kind, UnionType):
        return _said(next(each for each in kind.types if not isinstance(each, NoneType)))
    return str((kind.extra or {}).get("otherwise", WRONG_FORM)) if isinstance(kind, Metadata) else WRONG_FORM


def _in_struct(value: dict[str, Any], kind: StructType, name: str) -> Iterator[WrongField]:
    for each in kind.fields:
        if each.encode_name in value:
            yield from _wrong(value[each.encode_name], each.type, joined(name, each.encode_name))
        elif each.required:
            yield WrongField(name=joined(name, each.encode_name), sentence=_REQUIRED)
    if kind.forbid_unknown_fields:
        known = {each.encode_name for each in kind.fields}
        yield from (WrongField(name=joined(name, each), sentence=UNKNOWN) for each in value if each not in known)


def _in_dict(value: dict[str, Any], kind: DictType, name: str) -> Iterator[WrongField]:
    yield from _of_length(value, kind, name)
    for key, each in value.items():
        yield from _wrong(key, kind.key_type, joined(name, key))
        yield from _wrong(each, kind.value_type, joined(name, key))


def _in_list(value: list[Any], kind: ListType | VarTupleType, name: str) -> Iterator[WrongField]:
    yield from _of_length(value, kind, name)
    if kind.max_length is None or len(value) <= kind.max_length:
        for nth, each in enumerate(value):
            yield from _wrong(each, kind.item_type, joined(name, nth))


def _of_length(value: Any, kind: ListType | VarTupleType | DictType, name: str) -> Iterator[WrongField]:
    if kind.min_length is not None and len(value) < kind.min_length:
        yield WrongField(name=name, sentence=_TOO_FEW, facts={"min_length": kind.min_length})
    if kind.max_length is not None and len(value) > kind.max_length:
        yield WrongField(name=name, sentence=_TOO_MANY, facts={"max_length": kind.max_length})


def _in_text(value: str, kind: StrType, name: str, said: str) -> Iterator[WrongField]:
    if kind.min_length is not None and len(value) < kind.min_length:
        is_empty = kind.min_length == 1
        facts = {} if is_empty else {"min_length": kind.min_length}
        yield WrongField(name=name, sentence=EMPTY if is_empty else _TOO_SHORT, facts=facts)
    elif kind.max_length is not None and len(value) > kind.max_length:
        yield WrongField(name=name, sentence=_TOO_LONG, facts={"max_length": kind.max_length})
    elif kind.pattern is not None and not re.search(kind.pattern, value):
        yield WrongField(name=name, sentence=EMPTY if said == ONE_LINE and not value.strip() else said)


def _in_number(value: float, kind: IntType | FloatType, name: str) -> Iterator[WrongField]:
    # "Not at most", for what is no number at all (TOML has nan) is neither at most nor more.
    if kind.ge is not None and not value >= kind.ge:
        yield WrongField(name=name, sentence=_AT_LEAST, facts={"ge": kind.ge})
    if kind.gt is not None and not value > kind.gt:
        yield WrongField(name=name, sentence=_MORE_THAN, facts={"gt": kind.gt})
    if kind.le is not None and not value <= kind.le:
        yield WrongField(name=name, sentence=_AT_MOST, facts={"le": kind.le})
    if kind.lt is not None and not value < kind.lt:
        yield WrongField(name=name, sentence=_LESS_THAN, facts={"lt": kind.lt})


def _in_choice(value: Any, kind: LiteralType, name: str) -> Iterator[WrongField]:
    if not any(value == each and type(value) is type(each) for each in kind.values):
        yield WrongField(name=name, sentence=_NOT_ONE_OF, facts={"expected": ", ".join(map(str, kind.values))})


def _in_time(value: Any, _: DateTimeType, name: str) -> Iterator[WrongField]:
    try:
        convert(value, Instant)
    except ValidationError:
        yield WrongField(name=name, sentence=WRONG_TIME)


_LOOKS: Final[Mapping[type[Type], Callable[[Any, Any, str], Iterator[WrongField]]]] = {
    StructType: _in_struct,
    DictType: _in_dict,
    ListType: _in_list,
    VarTupleType: _in_list,
    IntType: _in_number,
    FloatType: _in_number,
    LiteralType: _in_choice,
    DateTimeType: _in_time,
}
