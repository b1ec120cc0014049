"""A way to the tests' database that can be shut for a while, as if the database were away."""

import socket
import threading
from contextlib import suppress
from typing import Self
from urllib.parse import quote, urlencode

import psycopg.conninfo
from tests.engines import raw_connection


class Switch:
    """A port that leads to the database while it is open; usable from several threads, for as long as the block.

    Attributes:
        port: where it is.
    """

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as first:
            self.port: int = first.getsockname()[1]
        self._turn = threading.Lock()
        self._door: socket.socket | None = None
        self._ends: list[socket.socket] = []

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.shut()

    def leading_to(self, url: str) -> str:
        """The address of a database, by this way."""
        of = psycopg.conninfo.conninfo_to_dict(url)
        rest = urlencode({name: of[name] for name in ("application_name", "options")}, quote_via=quote)
        return f"postgresql://{of['user']}@127.0.0.1:{self.port}/{of['dbname']}?{rest}"

    def open(self) -> None:
        """Let connections through again."""
        with self._turn:
            if self._door is None:
                self._door = socket.create_server(("127.0.0.1", self.port))
                threading.Thread(target=self._accept, args=(self._door,), daemon=True).start()

    def shut(self) -> None:
        """Cut every connection, whatever is on it, and refuse new ones."""
        with self._turn:
            door, self._door = self._door, None
            ends, self._ends = self._ends, []
        for each in [door, *ends]:
            if each is not None:
                _end(each)

    def _accept(self, door: socket.socket) -> None:
        with suppress(OSError):
            while True:
                pair = door.accept()[0], raw_connection()
                with self._turn:
                    stays = self._door is door
                    self._ends += pair if stays else ()
                if not stays:
                    for each in pair:
                        _end(each)
                    return
                for one, other in (pair, pair[::-1]):
                    threading.Thread(target=_pass_on, args=(one, other), daemon=True).start()


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
    for each in (one, other):
        _end(each)


def _end(which: socket.socket) -> None:
    with suppress(OSError):
        which.shutdown(socket.SHUT_RDWR)
    which.close()
