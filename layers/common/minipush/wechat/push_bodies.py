"""Parses the body of a push, JSON or XML, into the same mapping."""

import json
from codecs import BOM_UTF8
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError

from minipush.wechat.errors import MalformedPushError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

type Fields = Mapping[str, Any]

# WeChat's deepest push has four levels.
MAX_DEPTH = 16


def parse(body: bytes) -> Fields:
    """A repeated XML element becomes a list, as in WeChat's JSON. Raises MalformedPushError.

    Blanks around a text in XML are not part of it: a formatter puts them around CDATA.
    """
    body = body.removeprefix(BOM_UTF8)
    fields = _from_xml(body) if body.lstrip().startswith(b"<") else _from_json(body)
    if not isinstance(fields, dict):
        raise MalformedPushError("the body has no fields")
    return fields


def _from_json(body: bytes) -> Any:
    try:
        return json.loads(body, strict=False)
    except (ValueError, RecursionError):
        raise MalformedPushError("the body is not JSON") from None


def _from_xml(body: bytes) -> Any:
    """Refuses DTDs: their entities can expand without limit and read files."""
    from defusedxml.ElementTree import fromstring  # noqa: PLC0415  # loaded for the first XML push

    try:
        return _value(fromstring(body, forbid_dtd=True), 1)
    except (ParseError, ValueError, LookupError):
        raise MalformedPushError("the body is not XML, or has a DTD") from None


def _value(element: "Element", depth: int) -> Any:
    if not len(element):
        return (element.text or "").strip()
    if depth == MAX_DEPTH:
        raise MalformedPushError(f"the body is nested deeper than {MAX_DEPTH} levels")
    found: dict[str, list[Any]] = {}
    for child in element:
        found.setdefault(child.tag, []).append(_value(child, depth + 1))
    return {tag: values if len(values) > 1 else values[0] for tag, values in found.items()}
