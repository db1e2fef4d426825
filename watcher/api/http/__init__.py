# SPDX-License-Identifier: Apache-2.0
"""The HTTP server: sockets, TLS, connections and requests on them; it knows no resource."""
