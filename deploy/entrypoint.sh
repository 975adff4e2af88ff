#!/bin/sh
# Starts coterie. A secret can be given as a file: NAME_FILE names the file that holds NAME, so that
# it stands in no command line and in no description of the container.
set -eu
for name in COTERIE_LOG_URL PGPASSWORD; do
    eval "file=\${${name}_FILE:-}"
    if [ -n "$file" ]; then
        value=$(cat "$file")
        export "$name=$value"
        unset "${name}_FILE"
    fi
done
exec coterie "$@"
