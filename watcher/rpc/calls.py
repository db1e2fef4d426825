# SPDX-License-Identifier: Apache-2.0
"""Questions to the decision engine that wait for an answer.

Whatever goes wrong is a ``WatcherException``: those of the decision engine come back as the
class they were raised as, a silent one as status 504, a bus that is away as 503.
"""

from __future__ import annotations

from typing import Any

import oslo_messaging
from oslo_config import cfg
from oslo_log import log

from watcher._i18n import _
from watcher.common import exception
from watcher.common.context import RequestContext
from watcher.rpc import serializer, transport
from watcher.rpc.doorbell import API_VERSION

LOG = log.getLogger(__name__)

_REMOTE_SUFFIX = "_Remote"
_REMOTE_TRACE = "\nTraceback (most recent call last)"


def get_strategy_info(context: RequestContext, strategy_name: str) -> list[dict[str, Any]]:
    """Return whether what a strategy needs is there: three records type, state, mandatory, comment.

    :raises WatcherException: what the decision engine raised; 503 or 504 when there is no answer
    """
    found: list[dict[str, Any]] = _call(context, "get_strategy_info", strategy_name=strategy_name)
    return found


def get_data_model_info(
    context: RequestContext, data_model_type: str = "compute", audit: str | None = None
) -> dict[str, Any]:
    """Return a data model as flat records under the key ``context``.

    :param audit: UUID, name or id of an audit whose scope limits the model
    :raises WatcherException: what the decision engine raised; 503 or 504 when there is no answer
    """
    found: dict[str, Any] = _call(
        context, "get_data_model_info", data_model_type=data_model_type, audit=audit
    )
    return found


def _call(context: RequestContext, method: str, **arguments: Any) -> Any:
    try:
        if transport.is_reachable():
            return _client().call(context, method, **arguments)
    except exception.WatcherException as error:
        raise _as_raised(error) from None
    except oslo_messaging.MessagingTimeout as error:
        raise exception.WatcherException(
            _("The decision engine has not answered in time"), code=504
        ) from error
    except oslo_messaging.RemoteError as error:
        raise exception.WatcherException(f"{error.exc_type}: {error.value}") from error
    except Exception as error:
        if _is_answer(error):
            raise exception.WatcherException(_first_line(error)) from error
        reason = transport.said(error)
    else:
        raise exception.WatcherException(_("The message bus cannot be reached"), code=503)
    # Outside the except block, where oslo.log would repeat the error. Its text is only for the
    # operator: it would reveal brokers, virtual hosts and login names to users.
    LOG.error("The call %s to the decision engine failed: %s", method, reason)
    raise exception.WatcherException(
        _("The message bus cannot be used; the log of the API says why"), code=503
    )


def _client() -> oslo_messaging.RPCClient:
    return oslo_messaging.get_rpc_client(
        transport.get_transport(),
        oslo_messaging.Target(
            topic=cfg.CONF.watcher_decision_engine.conductor_topic, version=API_VERSION
        ),
        serializer=serializer.plain_json(),
        retry=transport.connection_retries(),
    )


def _as_raised(error: exception.WatcherException) -> exception.WatcherException:
    """Undo what the messaging library does to a remote exception: a changed class and text."""
    if not type(error).__name__.endswith(_REMOTE_SUFFIX):
        return error
    original: type[exception.WatcherException] = type(error).__mro__[1]
    return original(error.msg, **error.kwargs)


def _is_answer(error: Exception) -> bool:
    """Tell whether the decision engine raised an exception, not the bus on the way to it.

    The library rebuilds it from its class, if it is a standard one, with the remote trace in its
    text; within a process it is passed on unchanged.
    """
    return not transport.has_broker() or _REMOTE_TRACE in _text(error)


def _first_line(error: Exception) -> str:
    name = type(error).__name__.removesuffix(_REMOTE_SUFFIX)
    text = _text(error)
    return f"{name}: {text.splitlines()[0]}" if text else name


def _text(error: Exception) -> str:
    """Return the text of an error, without the quotes that ``KeyError`` and others add."""
    return str(error.args[0]) if error.args else ""
