from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any

class Request:
    environ: dict[str, Any]
    method: str
    path_info: str
    path_qs: str
    path_url: str
    host_url: str
    url: str
    body: bytes
    headers: MutableMapping[str, str]
    GET: Mapping[str, str]
    accept: Any
    def __init__(self, environ: dict[str, Any]) -> None: ...
    @classmethod
    def blank(cls, path: str, **kwargs: Any) -> Request: ...
    def path_info_peek(self) -> str | None: ...
    def path_info_pop(self) -> str | None: ...
    def get_response(self, application: Any) -> Response: ...

class Response:
    status_int: int
    body: bytes
    text: str
    json: Any
    content_type: str | None
    content_length: int | None
    headers: MutableMapping[str, str]
    def __init__(
        self, *, status: int = ..., text: str = ..., content_type: str = ..., **kwargs: Any
    ) -> None: ...
    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]: ...

def __getattr__(name: str) -> Any: ...
