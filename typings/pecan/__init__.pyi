# The calls of pecan that watcher.api makes.
from collections.abc import Callable, Iterable
from typing import Any, NoReturn, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

request: Any
response: Any

class Request:
    environ: dict[str, Any]

class Pecan:
    def __init__(
        self,
        root: object,
        *,
        force_canonical: bool = ...,
        guess_content_type_from_ext: bool = ...,
        request_cls: type[Request] = ...,
    ) -> None: ...
    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]: ...

def abort(status_code: int, detail: str = ...) -> NoReturn: ...
def expose(
    template: str | None = ..., content_type: str = ..., generic: bool = ...
) -> Callable[[F], F]: ...
