# SPDX-License-Identifier: Apache-2.0
"""The store: tables, units of work, and the queries that daemons and API need.

Rows and plain values go out, ``watcher.common.exception`` is raised; nothing here knows versioned
objects, the REST API or a rule of the product.
"""
