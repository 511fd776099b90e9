"""Choose ports for servers that bind them later, in other processes."""

import random
import socket

# Below the ephemeral ports of the kernel (ip_local_port_range begins at 32768): one of those could be
# given to a connection of another test before the server binds it.
_LOWEST, _HIGHEST = 20_000, 32_767


def free_port() -> int:
    """Return a free port of loopback; workers get different ones, even with the same random seed."""
    draw = random.SystemRandom()
    while True:
        port = draw.randint(_LOWEST, _HIGHEST)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
