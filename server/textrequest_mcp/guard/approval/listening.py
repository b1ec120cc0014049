"""Opens a port of this machine for the desk, on both of its addresses."""

import errno
import socket


def listen() -> list[socket.socket]:
    """Sockets on one free port of this machine, by both of its addresses where it has both.

    A browser may take either for `localhost`, so nobody else may have the same port of the other.
    """
    while True:
        first = socket.socket()
        first.bind(("127.0.0.1", 0))
        first.listen()
        second = None
        try:
            second = socket.socket(socket.AF_INET6)
            second.bind(("::1", first.getsockname()[1]))
            second.listen()
        except OSError as error:
            if second is not None:
                second.close()
            if error.errno == errno.EADDRINUSE:
                first.close()
                continue
            return [first]  # a machine without IPv6
        return [first, second]
