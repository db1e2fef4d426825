# SPDX-License-Identifier: Apache-2.0
"""Where the headers of a request end, and where its body does (RFC 9112, sections 5 to 7).

cheroot reads both leniently: signs and underscores in lengths, a space before a colon, lines
without end.  A proxy that reads the same bytes otherwise would let one request hide in another;
so what the standard forbids is refused here.
"""

from __future__ import annotations

import io
import re
from typing import Any

import webob.exc

#: What says where a request ends, or whom it is for: each may be given only once.
_ONCE = frozenset({b"Content-Length", b"Transfer-Encoding", b"Host"})
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_LENGTH = re.compile(rb"\d{1,20}")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(;.*)?\r\n", re.DOTALL)

#: Words that mean the same in any case, in the spelling that cheroot looks for.
_SPELLING = {
    b"Connection": {b"close": b"close", b"keep-alive": b"Keep-Alive"},
    b"Expect": {b"100-continue": b"100-continue"},
}

#: Bytes of the line before a chunk, with its extensions; and of each line after the last chunk.
_LONGEST_LINE = 4096
#: Lines after the last chunk.
_MOST_TRAILERS = 100


class Headers:
    """Read the headers of one request into a dict: name, as cheroot spells it -> value."""

    def __call__(self, rfile: Any, headers: dict[bytes, bytes]) -> dict[bytes, bytes]:
        """Read up to the empty line; what is given again is joined, as any proxy may do.

        :raises ValueError: for what is not a header, or contradicts another one.
        """
        while (line := rfile.readline()) != b"\r\n":
            name, value = _split(line)
            # CGI names cannot tell X_Roles from X-Roles, but proxies that remove the latter can.
            if b"_" in name:
                continue
            if name in headers:
                if name in _ONCE:
                    raise ValueError(f"{name.decode()} was given several times")
                value = b", ".join((headers[name], value))
            headers[name] = value
        for name, words in _SPELLING.items():
            if name in headers:
                headers[name] = words.get(headers[name].lower(), headers[name])
        if not _LENGTH.fullmatch(headers.get(b"Content-Length", b"0")):
            raise ValueError("Malformed Content-Length Header.")
        return headers


def _split(line: bytes) -> tuple[bytes, bytes]:
    if not line.endswith(b"\r\n"):
        raise ValueError("HTTP requires CRLF terminators" if line else "Illegal end of headers.")
    name, colon, value = line.partition(b":")
    if not colon or not _NAME.fullmatch(name) or b"\0" in value:
        raise ValueError("Illegal header line.")
    return name.title(), value.strip()


class Chunks(io.RawIOBase):
    """A body that comes in chunks, without what is around them; to be read through a buffer.

    :param largest: bytes of a body; a chunk beyond them is refused before it is read.

    Reading raises ``ValueError`` for what are no chunks, ``OSError`` when the client is gone or too
    slow, and ``HTTPRequestEntityTooLarge``.
    """

    def __init__(self, rfile: Any, largest: int) -> None:
        self._rfile = rfile
        self._allowed = largest
        self._left = 0
        self._ended = False

    def readable(self) -> bool:
        """Tell that this can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read some of the body; 0: it has ended."""
        if self._ended:
            return 0
        self._ended = True  # and so it stays when something goes wrong from here on
        if not self._left and not self._begin():
            return 0
        data = self._read(min(len(buffer), self._left))
        buffer[: len(data)] = data
        self._left -= len(data)
        if not self._left and self._read(2) != b"\r\n":
            raise ValueError("a chunk is longer than it says")
        self._ended = False
        return len(data)

    def _begin(self) -> bool:
        """Read what is before a chunk; false when it is the last one, which is empty."""
        line = self._rfile.readline(_LONGEST_LINE)
        found = _CHUNK.fullmatch(line)
        if found is None:
            raise ValueError(f"expected the size of a chunk, got {line[:40]!r}")
        self._left = int(found[1], 16)
        if self._left > self._allowed:
            raise webob.exc.HTTPRequestEntityTooLarge
        self._allowed -= self._left
        if not self._left:
            self._skip_trailers()
        return self._left > 0

    def _skip_trailers(self) -> None:
        for _ in range(_MOST_TRAILERS):
            line = self._rfile.readline(_LONGEST_LINE)
            if line == b"\r\n":
                return
            if not line.endswith(b"\r\n"):
                break
        raise ValueError("there is no end after the last chunk")

    def _read(self, size: int) -> bytes:
        data: bytes = self._rfile.read(size)
        if len(data) < size:
            raise ConnectionResetError("the client disconnected in the middle of a chunk")
        return data
