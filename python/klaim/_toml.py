"""Dictionaries as the text of a claim."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any


def toml(table: Mapping[str, Any]) -> str:
    """The TOML of a dictionary of dictionaries, lists or arrays, numbers, truth values and text, its keys
    in their order, which is the order of a claim's axes."""
    return "".join(f"{_key(key)} = {_value(value, key)}\n" for key, value in table.items())


def _key(key: str) -> str:
    return json.dumps(key, ensure_ascii=False)


def _value(value: Any, key: str) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(inner)} = {_value(x, inner)}" for inner, x in value.items()) + " }"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, (int, float)):
        return repr(float(value)) if isinstance(value, float) else str(int(value))
    if hasattr(value, "tolist"):
        return _value(value.tolist(), key)
    if hasattr(value, "spec"):
        return json.dumps(str(value), ensure_ascii=False)
    if isinstance(value, Iterable):
        return "[" + ", ".join(_value(one, key) for one in value) + "]"
    raise TypeError(f"{key}: a {type(value).__name__} has no form in a claim; give its text")
