"""Exit with 0 if an address answers with success: the health check of the containers.

This is a separate file because podman mangles quotes in the commands of a compose file. Usage: healthcheck.py ADDRESS.
"""

import sys
import urllib.request

# An error status raises; the traceback appears in the container's health log.
urllib.request.urlopen(sys.argv[1], timeout=5).close()
