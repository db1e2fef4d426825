from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from oslo_config import cfg
from oslo_messaging import opts as opts
from oslo_messaging import transport as transport
from oslo_messaging.exceptions import (
    InvalidTransportURL as InvalidTransportURL,
)
from oslo_messaging.exceptions import (
    MessageDeliveryFailure as MessageDeliveryFailure,
)
from oslo_messaging.exceptions import (
    MessagingException as MessagingException,
)
from oslo_messaging.exceptions import (
    MessagingTimeout as MessagingTimeout,
)
from oslo_messaging.serializer import (
    JsonPayloadSerializer as JsonPayloadSerializer,
)
from oslo_messaging.serializer import (
    Serializer as Serializer,
)

class Transport:
    conf: cfg.ConfigOpts
    def _send_notification(
        self, target: Target, ctxt: Any, message: Any, version: float, retry: int | None = None
    ) -> None: ...
    def cleanup(self) -> None: ...

_F = TypeVar("_F", bound=Callable[..., Any])

def expected_exceptions(*exceptions: type[Exception]) -> Callable[[_F], _F]: ...

class TransportHost:
    hostname: str | None
    port: int | None
    password: str | None

class TransportURL:
    transport: str
    hosts: list[TransportHost]
    query: dict[str, str]
    @classmethod
    def parse(cls, conf: cfg.ConfigOpts, url: str | None = None) -> TransportURL: ...

class Target:
    def __init__(
        self,
        exchange: str | None = None,
        topic: str | None = None,
        namespace: str | None = None,
        version: str | None = None,
        server: str | None = None,
        fanout: bool | None = None,
    ) -> None: ...

class RemoteError(MessagingException):
    exc_type: str | None
    value: str | None

class RPCClient:
    def prepare(self, **kwargs: Any) -> RPCClient: ...
    def cast(self, ctxt: Any, method: str, **kwargs: Any) -> None: ...
    def call(self, ctxt: Any, method: str, **kwargs: Any) -> Any: ...

class MessageHandlingServer:
    def start(self, override_pool_size: int | None = None) -> None: ...
    def stop(self, timeout: float | None = None, log_after: float | None = None) -> None: ...
    def wait(self, timeout: float | None = None, log_after: float | None = None) -> None: ...

class DefaultRPCAccessPolicy: ...

class Notifier:
    def __init__(
        self,
        transport: Transport,
        publisher_id: str | None = None,
        driver: str | None = None,
        serializer: Serializer | None = None,
        retry: int | None = None,
        topics: Sequence[str] | None = None,
    ) -> None: ...
    def prepare(self, publisher_id: str = ..., retry: int = ...) -> Notifier: ...
    def is_enabled(self) -> bool: ...
    def debug(self, ctxt: Any, event_type: str, payload: Any) -> None: ...
    def info(self, ctxt: Any, event_type: str, payload: Any) -> None: ...
    def warn(self, ctxt: Any, event_type: str, payload: Any) -> None: ...
    def error(self, ctxt: Any, event_type: str, payload: Any) -> None: ...
    def critical(self, ctxt: Any, event_type: str, payload: Any) -> None: ...

def get_rpc_transport(
    conf: cfg.ConfigOpts,
    url: str | TransportURL | None = None,
    allowed_remote_exmods: Sequence[str] | None = None,
) -> Transport: ...
def get_notification_transport(
    conf: cfg.ConfigOpts,
    url: str | TransportURL | None = None,
    allowed_remote_exmods: Sequence[str] | None = None,
) -> Transport: ...
def get_rpc_client(
    transport: Transport,
    target: Target,
    timeout: float | None = None,
    version_cap: str | None = None,
    serializer: Serializer | None = None,
    retry: int | None = None,
    call_monitor_timeout: int | None = None,
) -> RPCClient: ...
def get_rpc_server(
    transport: Transport,
    target: Target,
    endpoints: Sequence[Any],
    executor: str | None = None,
    serializer: Serializer | None = None,
    access_policy: Any = None,
) -> MessageHandlingServer: ...
def set_transport_defaults(control_exchange: str) -> None: ...
