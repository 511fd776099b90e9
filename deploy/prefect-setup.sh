#!/bin/sh
# Tells Prefect's server of the work pool, the deployments and the automation; again at any time, without harm.
# Run it in the repository's folder, with PREFECT_API_URL set.
set -eu
prefect work-pool create article-watcher --type process --overwrite
prefect --no-prompt deploy --all --prefect-file deploy/prefect.yaml
prefect automation inspect crash-zombie-flows >/dev/null 2>&1 ||
  prefect automation create --from-file deploy/zombies.yaml
