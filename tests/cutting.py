"""Passes bytes on between a database and its client, and cuts the connection at a COMMIT when it is told to."""

import socket
import threading
import time
from contextlib import closing, suppress
from typing import Self

from tests.engines import raw_connection


class Cutting:
    """A port that leads to the tests' database, for as long as the block is open.

    Args:
        arrives: whether the COMMIT at which it cuts reaches the database.
        port: where it listens; any free one for 0.

    Attributes:
        port: where it listens.
        armed: whether it cuts at the next COMMIT.
    """

    def __init__(self, *, arrives: bool = True, port: int = 0) -> None:
        self._arrives = arrives
        self._door = socket.create_server(("127.0.0.1", port))
        self.port = self._door.getsockname()[1]
        self.armed = False

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._door.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._door.accept()
                server = raw_connection()
                threading.Thread(target=self._pass_on, args=(client, server, True), daemon=True).start()
                threading.Thread(target=self._pass_on, args=(server, client, False), daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket, is_client: bool) -> None:
        with suppress(OSError), closing(one), closing(other):
            while data := one.recv(65536):
                if is_client and self.armed and b"COMMIT" in data:
                    self.armed = False
                    if self._arrives:
                        client_side, _ = one, one.shutdown(socket.SHUT_RDWR)
                        other.sendall(data)
                        time.sleep(0.1)
                        client_side.close()
                    else:
                        other.shutdown(socket.SHUT_RDWR)
                    return
                other.sendall(data)
