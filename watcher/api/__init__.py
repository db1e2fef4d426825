# SPDX-License-Identifier: Apache-2.0
"""The REST API: declarations of resources, and the way from a request to a verb or a query."""
