#!/bin/sh
# Register the work pool, the deployments and the automation with Prefect's server. It is safe to run this again.
# Run it in the folder of the repository, with PREFECT_API_URL set.
set -eu
prefect work-pool create article-watcher --type process --overwrite
prefect --no-prompt deploy --all --prefect-file deploy/prefect.yaml
prefect automation inspect crash-zombie-flows >/dev/null 2>&1 ||
  prefect automation create --from-file deploy/zombies.yaml
