class ClientSideError(RuntimeError):
    code: int
    @property
    def faultstring(self) -> str: ...
