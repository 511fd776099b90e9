"""Choose ports for servers that bind them later, in processes of their own."""

import random
import socket

# Below the ports that kernels give to whoever asks for any (ip_local_port_range begins at 32768): one of those could be
# given to a connection of another test before the server binds it.
_LOWEST, _HIGHEST = 20_000, 32_767


def free_port() -> int:
    """Return a port of loopback on which nobody listens; not the same one for each worker, whatever the seed."""
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
