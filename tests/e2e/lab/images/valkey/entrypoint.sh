#!/bin/sh
# Start the server as its own user; a first argument that is an option or a file belongs to it.
set -eu
case "${1:-}" in -* | *.conf) set -- valkey-server "$@" ;; esac
case "${1:-}" in
    valkey-server | redis-server)
        # Upstream opens protected mode: a container's network is what guards it.
        set -- "$@" --protected-mode no
        if [ "$(id -u)" = 0 ]; then
            find . \! -user valkey -exec chown valkey:valkey {} +
            exec setpriv --reuid=valkey --regid=valkey --init-groups "$@"
        fi
        ;;
esac
exec "$@"
