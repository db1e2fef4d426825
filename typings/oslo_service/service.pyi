import abc

from oslo_config import cfg

class ServiceBase(metaclass=abc.ABCMeta):
    @abc.abstractmethod
    def start(self) -> None: ...
    @abc.abstractmethod
    def stop(self) -> None: ...
    @abc.abstractmethod
    def wait(self) -> None: ...
    @abc.abstractmethod
    def reset(self) -> None: ...

class Launcher:
    def wait(self) -> int | None: ...
    def stop(self) -> None: ...

def launch(
    conf: cfg.ConfigOpts,
    service: ServiceBase,
    workers: int = 1,
    restart_method: str = "reload",
    no_fork: bool = False,
    start_method: str | None = None,
) -> Launcher: ...
def list_opts() -> list[tuple[str | None, list[cfg.Opt]]]: ...
