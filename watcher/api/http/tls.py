# SPDX-License-Identifier: Apache-2.0
"""TLS for the HTTP server: ``[api] enable_ssl_api`` and the files named in ``[ssl]``."""

from __future__ import annotations

import pathlib
import ssl
from dataclasses import dataclass
from typing import Any

from cheroot.ssl.builtin import BuiltinSSLAdapter
from oslo_config import cfg


class Adapter(BuiltinSSLAdapter):
    """What makes connections speak TLS; they shake hands when they are first read."""

    def wrap(self, sock: Any) -> tuple[Any, dict[str, Any]]:
        """Return the wrapped socket, and the TLS variables of a request: none so far."""
        wrapped = self.context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        return wrapped, {}


@dataclass(frozen=True, slots=True)
class Tls:
    """The files of a server that speaks TLS."""

    certificate: str
    key: str
    authorities: str | None = None
    ciphers: str | None = None

    @classmethod
    def configured(cls, conf: cfg.ConfigOpts) -> Tls | None:
        """Return what the options say; None: plain HTTP.

        :raises ValueError: when TLS is wanted and a file is not named, missing or of no use.
        """
        if not conf.api.enable_ssl_api:
            return None
        if not (conf.ssl.cert_file and conf.ssl.key_file):
            raise ValueError("[api] enable_ssl_api needs [ssl] cert_file and key_file")
        made = cls(conf.ssl.cert_file, conf.ssl.key_file, conf.ssl.ca_file, conf.ssl.ciphers)
        for option in ("cert_file", "key_file", "ca_file"):
            name = conf.ssl[option]
            if name and not pathlib.Path(name).is_file():
                raise ValueError(f"[ssl] {option}: there is no file {name}")
        try:
            made.adapter()
        except ssl.SSLError as error:
            raise ValueError(f"the files named in [ssl] cannot be used: {error}") from error
        return made

    def adapter(self) -> Adapter:
        """Return what cheroot takes."""
        adapter = Adapter(self.certificate, self.key, ciphers=self.ciphers)
        if self.authorities:
            adapter.context.load_verify_locations(cafile=self.authorities)
            adapter.context.verify_mode = ssl.CERT_REQUIRED
        return adapter
