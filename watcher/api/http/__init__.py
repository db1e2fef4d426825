# SPDX-License-Identifier: Apache-2.0
"""The HTTP server: sockets, TLS, connections, requests; it knows nothing of resources."""
