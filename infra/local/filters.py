"""Event filter patterns of Lambda's event source mappings, as far as the templates use them.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html: fields side by side are all needed, of a
list any one; a leaf is a value, `prefix`, `anything-but` or `exists`. What isn't known here raises, it never passes.
"""

from typing import Any


def matches(pattern: dict[str, Any], record: Any) -> bool:
    """Whether the record passes: every field of the pattern is there and one of its rules holds."""
    return all(_field_matches(wanted, record, name) for name, wanted in pattern.items())


def _field_matches(wanted: Any, record: Any, name: str) -> bool:
    if name == "$or":
        return any(matches(each, record) for each in wanted)
    found = record.get(name) if isinstance(record, dict) else None
    if isinstance(wanted, dict):
        return matches(wanted, found)
    return any(_rule_holds(rule, found) for rule in wanted)


def _rule_holds(rule: Any, found: Any) -> bool:
    if not isinstance(rule, dict):
        return bool(found == rule) and type(found) is type(rule)
    ((name, argument),) = rule.items()
    match name:
        case "exists":
            return (found is not None) is argument
        case "prefix":
            return isinstance(found, str) and found.startswith(argument)
        case "anything-but":
            return found is not None and found not in (argument if isinstance(argument, list) else [argument])
    raise NotImplementedError(f"filter rule {name}")
