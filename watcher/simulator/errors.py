# SPDX-License-Identifier: Apache-2.0
"""Refusals of the simulated cloud, with Nova's status and fault name."""

from __future__ import annotations


class CloudError(Exception):
    """A request that the cloud refuses; the message is what Nova says."""

    status = 500
    fault = "computeFault"


class BadRequest(CloudError):
    """The request is wrong, or no host can do it."""

    status = 400
    fault = "badRequest"


class Unauthorized(CloudError):
    """No token, or an invalid one."""

    status = 401
    fault = "unauthorized"


class Forbidden(CloudError):
    """The token's roles do not allow it."""

    status = 403
    fault = "forbidden"


class NotFound(CloudError):
    """There is no such item."""

    status = 404
    fault = "itemNotFound"


class NotAcceptable(CloudError):
    """The microversion is not served."""

    status = 406
    fault = "computeFault"


class Conflict(CloudError):
    """The state of the item does not allow it."""

    status = 409
    fault = "conflictingRequest"


class NoValidHost(BadRequest):
    """The scheduler found no host."""

    def __init__(self) -> None:
        super().__init__("No valid host was found. There are not enough hosts available.")
