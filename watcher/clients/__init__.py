# SPDX-License-Identifier: Apache-2.0
"""The cloud's services as verbs that take ids and return frozen records.

Nothing above this package sees HTTP, a session or an error of a library.
"""
