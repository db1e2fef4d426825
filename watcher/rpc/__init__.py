# SPDX-License-Identifier: Apache-2.0
"""Everything that goes over the message bus: transport, doorbells, calls, notifications, servers.

The API sees the doorbells and calls, never an engine.
"""
