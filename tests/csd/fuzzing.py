"""Bodies for the fuzz of the envelope reader: noise, broken good requests, and trees of known names in odd places."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from hypothesis import strategies as st

from csd.functions import orientation
from csd.functions.parameters import PARAMETERS
from csd.names import ADHOC, CSD, LEGACY, SEARCHES, SOAP, SOAP_11, WSA
from csd.updates import REQUEST_ACTION
from orientation.question.schema import SCHEMA

_NAMES = (
    *PARAMETERS, *SCHEMA.fields, "addressLine", "organization", "facility", "geocode", "latitude", "longitude", "thing",
    "careServicesRequest", "function", "requestParams", "expression", "getModificationsRequest", "lastModified",
)  # fmt: skip
_ATTRIBUTES = (
    "urn", "uuid", "oid", "entityID", "code", "codingScheme", "codingSchema", "component", "status", "updated",
    "assigningAuthorityName", "encapsulated", "type",
)  # fmt: skip
_NAMESPACES = (CSD, CSD, CSD, "", "urn:ihe:iti:csd:2014", SOAP, SOAP_11, WSA)
_URNS = (*SEARCHES.values(), *LEGACY, orientation.URN, ADHOC, "urn:x")
_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="".join(map(chr, [*range(9), 11, 12, *range(14, 32)])))
                .filter(lambda c: c not in "\ufffe\uffff"), max_size=30)  # fmt: skip
_VALUES = st.one_of(
    _TEXT,
    st.sampled_from((*_URNS, "1", "-1", "0", "1.5", "1e9", "true", "false", "Rouen", "35y", "130", "30km", "9" * 40,
                     "2014-12-13T12:00:00Z", "0000-00-00T00:00:00Z", "9999-12-31T23:59:59-14:00", "*", "\\", "?*")),
)  # fmt: skip
_attributes = st.dictionaries(st.sampled_from(_ATTRIBUTES), _VALUES, max_size=3).map(
    lambda found: "".join(f" {name}={quoteattr(value)}" for name, value in found.items())
)


def _element(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda name, namespace, attributes, inner: f"<{name} xmlns={quoteattr(namespace)}{attributes}>{inner}</{name}>",
        st.sampled_from(_NAMES), st.sampled_from(_NAMESPACES), _attributes, children,
    )  # fmt: skip


_trees = st.recursive(
    _VALUES.map(escape), lambda inner: _element(st.lists(inner, max_size=4).map("".join)), max_leaves=12
)
_requests = st.builds(
    lambda urn, attributes, inner: (
        f'<careServicesRequest xmlns="{CSD}"><function urn={quoteattr(urn)}{attributes}><requestParams>{inner}'
        "</requestParams></function></careServicesRequest>"
    ),
    st.sampled_from(_URNS),
    st.sampled_from(("", ' encapsulated="true"', ' encapsulated="x"')),
    st.lists(_trees, max_size=4).map("".join),
)
_messages = st.builds(
    lambda namespace, action, inner: (
        f'<s:Envelope xmlns:s="{namespace}" xmlns:wsa="{WSA}"><s:Header><wsa:Action>{escape(action)}</wsa:Action>'
        f"</s:Header><s:Body>{inner}</s:Body></s:Envelope>"
    ),
    st.sampled_from((SOAP, SOAP, SOAP_11)),
    st.sampled_from((REQUEST_ACTION, "urn:ihe:iti:csd:2013:GetCareServicesRequest", "urn:x", "")),
    st.one_of(_trees, _requests),
)
_whole = st.one_of(_trees, _requests, _requests, _messages)


@st.composite
def _broken(draw: st.DrawFn) -> bytes:
    """Return a request with a piece cut out, doubled or replaced by noise."""
    body = draw(_whole).encode()
    start = draw(st.integers(0, len(body)))
    end = draw(st.integers(start, min(len(body), start + 40)))
    middle = draw(st.one_of(st.just(b""), st.just(body[start:end] * 2), st.binary(max_size=8)))
    return body[:start] + middle + body[end:]


bodies = st.one_of(st.binary(max_size=200), _whole.map(str.encode), _whole.map(str.encode), _broken())
"""Anything that may come as a body."""
content_types = st.sampled_from(("text/xml", "application/xml", "application/soap+xml", "text/xml; charset=utf-8"))
