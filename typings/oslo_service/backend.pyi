import enum
from collections.abc import Callable

class BackendType(enum.Enum):
    EVENTLET = "eventlet"
    THREADING = "threading"

def register_backend_default_hook(hook: Callable[[], BackendType]) -> None: ...
def init_backend(type_: BackendType) -> None: ...
def get_backend_type() -> BackendType | None: ...
