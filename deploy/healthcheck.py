"""Exit 0 when an address answers with success: the health check of the containers.

A file of its own: podman mangles the quotes of a longer command in a compose file. Usage: healthcheck.py ADDRESS.
"""

import sys
import urllib.request

# An error status raises, and a traceback in the container's health log is what one wants to read there.
urllib.request.urlopen(sys.argv[1], timeout=5).close()
