"""The one parser of what comes from outside: what it refuses, and that nothing grows before it does."""

from __future__ import annotations

import gzip
import io
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from csd.safe_xml import MAX_DEPTH, MAX_ELEMENT_BYTES, UnsafeXml, XmlTooLarge, file_chunks, inflated, parse, stream

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(10))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the document is empty"),
        (b"hello", "not well-formed XML"),
        (b"<a><b></a>", "mismatch"),
        (b"<a>", "not well-formed XML"),
        (b"<a/><b/>", "Extra content"),
        (b"\xff<a/>", "not well-formed XML"),
        (b"<?xml version='1.0' encoding='klingon'?><a/>", "Unsupported encoding"),
        (b"<a>&unknown;</a>", "not well-formed XML"),
        (b"<!DOCTYPE a><a/>", "DOCTYPE"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "DOCTYPE"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "DOCTYPE"),
        (f"<!DOCTYPE a [{LAUGHS}]><a>&l9;</a>".encode(), "DOCTYPE"),
        ("<!DOCTYPE a><a/>".encode("utf-16"), "DOCTYPE"),
        (b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1), "deeper than 100"),
        (b"<a " + b" ".join(b'x%d=""' % n for n in range(1001)) + b"/>", "attributes"),
    ],
)
def test_what_is_not_plain_xml_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(UnsafeXml, match=reason):
        parse(data)


def test_xml_at_the_bounds_is_read() -> None:
    assert parse(b"<a>" * MAX_DEPTH + b"</a>" * MAX_DEPTH).tag == "a"
    assert parse("<?xml version='1.0' encoding='UTF-16'?><a>é</a>".encode("utf-16")).text == "é"
    assert parse(b"<a>x<!-- c -->y<?p q?>z</a>").text == "xyz"
    assert parse(b"\xef\xbb\xbf<a/>").tag == "a"


def test_too_many_bytes_are_not_even_looked_at() -> None:
    with pytest.raises(XmlTooLarge):
        parse(b"<" * 101, max_bytes=100)


@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_whatever_the_bytes_the_parser_reads_or_refuses(data: bytes) -> None:
    with suppress(UnsafeXml):
        assert isinstance(parse(data), etree._Element)


def long_document(count: int) -> Iterator[bytes]:
    yield b"<CSD><facilityDirectory>"
    for number in range(count):
        yield b'<facility id="%d">%s<name>x</name></facility>' % (number, b"<line>text</line>" * 50)
    yield b"</facilityDirectory></CSD>"


def above_nothing(depth: int, element: etree._Element) -> None:
    """Let everything pass."""


def test_a_stream_yields_each_element_whole_and_memory_stays_flat() -> None:
    def peak(count: int) -> int:
        tracemalloc.start()
        for number, element in enumerate(stream(long_document(count), 3, above=above_nothing)):
            assert (element.get("id"), len(element)) == (str(number), 51)
        assert number == count - 1
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    assert peak(8_000) < 2 * peak(400)


def test_what_came_before_a_fault_in_a_stream_was_yielded() -> None:
    reading = stream([b"<C><d><e>1</e><e>2</e>", b"<e>3</x></d></C>"], 3, above=above_nothing)
    assert [next(reading).text, next(reading).text] == ["1", "2"]
    with pytest.raises(UnsafeXml, match="not well-formed"):
        next(reading)


@pytest.mark.parametrize(
    "chunks",
    [
        [b"<C><d><e>", *[b"<f/>" * 10_000] * 1000],
        [b"<C><d>", *[b" " * 60_000] * 1000],
        [b"<!DOCTYPE C [", *[b"<!ENTITY x 'yyyyyyyyyy'>" * 1000] * 1000],
        [b"<C><d><e a='" + b"x" * 100_000 + b"'>", *[b"x" * 60_000] * 1000],
    ],
)
def test_one_element_that_never_ends_is_given_up(chunks: list[bytes]) -> None:
    with pytest.raises(UnsafeXml):
        list(stream(chunks, 3, above=above_nothing))


def test_the_bound_of_an_element_is_that_element_s_alone() -> None:
    one = b"<e>" + b"<f>0123456789</f>" * 20_000 + b"</e>"
    assert len(one) < MAX_ELEMENT_BYTES < 20 * len(one)
    assert len(list(stream([b"<C><d>", *[one] * 20, b"</d></C>"], 3, above=above_nothing))) == 20


def test_gzip_is_opened_and_bombs_are_not() -> None:
    packed = gzip.compress(b"<a>" + b"0123456789 " * 1000) + gzip.compress(b"</a>")
    assert b"".join(file_chunks(io.BytesIO(packed))) == b"<a>" + b"0123456789 " * 1000 + b"</a>"
    assert b"".join(file_chunks(io.BytesIO(b"<a/>"))) == b"<a/>"
    with pytest.raises(XmlTooLarge, match="not opened further"):
        list(file_chunks(io.BytesIO(gzip.compress(b" " * 50_000_000))))
    with pytest.raises(XmlTooLarge):
        list(inflated([packed], max_bytes=1_000))


@pytest.mark.parametrize(
    ("data", "reason"),
    [(gzip.compress(b"abc" * 99, mtime=0)[:-9], "in the middle"), (b"\x1f\x8bxx", "not gzip")],
    ids=["cut", "no gzip"],
)
def test_damaged_gzip_is_said_to_be(data: bytes, reason: str) -> None:
    with pytest.raises(UnsafeXml, match=reason):
        list(file_chunks(io.BytesIO(data)))
