# SPDX-License-Identifier: Apache-2.0
"""Text from which a shell or oslo.config reads back exactly the values that went in."""

from __future__ import annotations

import shlex
import urllib.parse
from collections.abc import Iterable, Mapping

_LOOPBACK = ("127.0.0.1", "127.0.0.0/8", "localhost", "::1")


def openrc(values: Mapping[str, str], urls: Iterable[str]) -> str:
    """Return shell lines that set the variables, and keep clients from using a proxy.

    :param urls: of the services on this machine, which no proxy can reach
    """
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in values.items()]
    return "".join([*lines, *_no_proxy(urls)])


def _no_proxy(urls: Iterable[str]) -> list[str]:
    """Put this machine before the user's own exceptions, unless these are everything."""
    hosts = (urllib.parse.urlsplit(url).hostname for url in urls)
    ours = ",".join(dict.fromkeys([*_LOOPBACK, *filter(None, hosts)]))
    return [
        'export no_proxy="${no_proxy:-${NO_PROXY-}}"\n',
        f"export no_proxy=\"$(case \"$no_proxy\" in ('*'|'{ours}'|'{ours},'*) echo \"$no_proxy\";; "
        f'(*) echo "{ours}${{no_proxy:+,$no_proxy}}";; esac)"\n',
        'export NO_PROXY="$no_proxy"\n',
    ]


def option(name: str, value: str) -> str:
    """Return the line of a configuration file that sets an option.

    :raises ValueError: for a value of several lines
    """
    if len(value.splitlines()) > 1 or value.endswith(("\n", "\r")):
        raise ValueError(f"{name}: expected one line, found {value!r}")
    text = value.replace("$", "$$")  # $name stands for the value of another option
    if text != text.strip() or text.startswith(("'", '"')):
        text = f'"{text}"'
    return f"{name} = {text}\n"
