"""Decoding and encoding give every byte back, or say why they cannot."""

from __future__ import annotations

import pytest

from codemods.encoding import EncodingError, decode, encode


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        pytest.param(b"", "utf-8", id="empty"),
        pytest.param("x = 'é'\n".encode(), "utf-8", id="utf-8 without a cookie"),
        pytest.param(b"\xef\xbb\xbfx = 1\n", "utf-8-sig", id="byte order mark"),
        pytest.param(b"# coding: latin-1\nx = '\xe9'\n", "iso-8859-1", id="cookie"),
        pytest.param(b"#!python\n# coding: latin-1\nx = '\xe9'\n", "iso-8859-1", id="second line"),
        pytest.param(b"# coding: latin-1\r\nx = '\xe9'\r\n", "iso-8859-1", id="CRLF"),
        pytest.param(b"# coding: latin-1\rx = '\xe9'\r", "iso-8859-1", id="CR alone"),
        pytest.param(b"# -*- coding: cp1252 -*-\nx = '\x80'\n", "cp1252", id="cp1252"),
        pytest.param(b"# coding: shift_jis\nx = '\x93\xfa'\n", "shift_jis", id="two bytes"),
        pytest.param(b"\x0c# coding: latin-1\nx = '\xe9'\n", "iso-8859-1", id="form feed first"),
        pytest.param(b"a\r\nb\rc\nd", "utf-8", id="mixed line endings, none at the end"),
    ],
)
def test_every_byte_comes_back(data: bytes, encoding: str) -> None:
    source = decode(data)
    assert source.encoding == encoding
    assert encode(source.text, source.encoding) == data


@pytest.mark.parametrize(
    ("data", "line"),
    [
        pytest.param(b"x = '\xe9'\n", 1, id="first line not UTF-8"),
        pytest.param(b"a\nb\nc\nd = '\xe9'\n", 4, id="a later line not UTF-8"),
        pytest.param(b"# coding: klingon\n", 1, id="unknown encoding"),
        pytest.param(b"# coding: rot13\nx\n", 1, id="no text encoding"),
        pytest.param(b"# coding: hex\nx\n", 1, id="no encoding of source code"),
        pytest.param(b"\xef\xbb\xbf# coding: latin-1\n", 1, id="mark and cookie disagree"),
        pytest.param(b"# coding: ascii\n\nx = '\xe9'\n", 3, id="not what the cookie says"),
        pytest.param(b"# coding: utf-7\nx = '+AGE-'\n", 1, id="other bytes would come back"),
    ],
)
def test_what_cannot_be_read_is_named(data: bytes, line: int) -> None:
    with pytest.raises(EncodingError) as caught:
        decode(data)
    assert caught.value.line == line


def test_a_character_without_a_place_is_named() -> None:
    with pytest.raises(EncodingError, match="'€'") as caught:
        encode("x\ny = '€'\n", "iso-8859-1")
    assert caught.value.line == 2
