"""Every wrong field is told, whatever else is wrong: by the models of the whole API, and of what other systems answer.

What is wrong with a field is msgspec's to decide, asked for that field alone; what is told of all of them at once must
be just that.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import NODEFAULT, ValidationError, convert
from msgspec.json import schema_components
from msgspec.structs import FieldInfo, fields

from chalicelib import front
from chalicelib.closure.holders.webhook import Found
from chalicelib.reading import MOST_TOLD, Input, WrongField, WrongFields, read
from chalicelib.tickets.check_answer import Line
from chalicelib.wrong_fields import wrong_fields
from infra.import_accounts import Imported

DOORS = [front.door(each) for each in front.DOORS if each.endswith(":calls")]
OF_THE_API = {model for door in DOORS for call in door.described for model in (call.takes, call.asks) if model}
MODELS: list[type[Input]] = sorted({*OF_THE_API, Found, Line, Imported}, key=lambda each: each.__name__)
VALUES = st.sampled_from(
    [
        *(None, True, False, 0, 1, -1, 7, 101, 2026, 3.5, 2**60, 1e300),
        *(
            "",
            " ",
            "a",
            "A",
            "a b",
            "blocker",
            "one\ntwo",
            "a\n",
            "\u2028",
            "x" * 30_000,
            "a@b.example",
            "closure",
            "received",
        ),
        *(
            "cloud_server",
            "invoices",
            "account_closure",
            "vi",
            "VN",
            "json",
            "SO-7K3M9Q",
            "duplicate",
            "kept",
            "blocker",
        ),
        *(
            "2026-11-22T10:00:00Z",
            "2026-11-22T10:00:00",
            "2026-11-22",
            "9999-12-31T23:59:59-01:00",
            "https://a.example",
        ),
        *([], ["a"], ["a", 1], ["a"] * 101, {}, {"a": "b"}, {"a": 1}, {"": "b"}, {"vi": "a", "en": "b"}, {"vi": 1}),
        *([{"key": "a", "vi": "a", "en": "b"}], [{"key": "A", "vi": ""}]),
    ]
)


def names(model: type[Input]) -> list[str]:
    return [each.encode_name for each in fields(model)]


def is_wrong(field: FieldInfo, tree: dict[str, Any]) -> bool:
    """What msgspec says of this field, asked for nothing else."""
    if field.encode_name not in tree:
        return field.default is NODEFAULT and field.default_factory is NODEFAULT
    try:
        convert(tree[field.encode_name], field.type)
    except (ValidationError, WrongFields):
        return True
    return False


@pytest.mark.parametrize("model", MODELS)
def test_every_field_that_is_wrong_is_told_and_no_other(model: type[Input]) -> None:
    @settings(derandomize=True, max_examples=150, deadline=None, database=None)
    @given(st.dictionaries(st.sampled_from([*names(model), "colour"]), VALUES))
    def check(tree: dict[str, Any]) -> None:
        wrong = {each.encode_name for each in fields(model) if is_wrong(each, tree)} | (tree.keys() & {"colour"})
        try:
            read(tree, model)
        except WrongFields as refused:
            told = {each.name.partition(".")[0] for each in refused.wrong}
            if len(refused.wrong) == MOST_TOLD:
                assert told <= wrong
            else:
                assert told == wrong or not wrong  # what fits by itself, and not together, is the model's own to tell
        else:
            assert not wrong

    check()


def test_what_fits_by_itself_and_not_together_is_told_as_a_whole() -> None:
    with pytest.raises(WrongFields) as refused:
        read({"found": "nothing", "count": 3}, Found)
    assert [each.name for each in refused.value.wrong] == [""]


def test_a_wrong_field_deep_inside_is_named_by_its_path() -> None:
    tree = {"code": "a", "kind": "blocker", "text": {"vi": "a", "fr": "b"}}
    assert {each.name for each in wrong_fields(tree, Line)} == {"text.en", "text.fr"}


def test_true_is_no_number_and_a_number_is_no_text() -> None:
    assert wrong_fields({"found": "some", "count": True}, Found) == [
        WrongField(name="count", sentence="This must be a whole number.")
    ]
    assert wrong_fields({"found": 1}, Found)[0].facts == {"expected": "cannot_tell, kept, nothing, some"}


def patterns(schema: Any) -> Iterator[str]:
    if isinstance(schema, list):
        for each in schema:
            yield from patterns(each)
    if isinstance(schema, dict):
        yield from (each for name, each in schema.items() if name == "pattern" and isinstance(each, str))
        yield from patterns(list(schema.values()))


def test_no_pattern_lets_a_line_end_pass_behind_what_it_wants() -> None:
    found = {*patterns(schema_components(MODELS)[1])}
    assert len(found) > 10
    assert not [each for each in found if not (each.startswith("^") and each.endswith(r"\Z"))]
