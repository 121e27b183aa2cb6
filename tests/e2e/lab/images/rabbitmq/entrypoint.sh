#!/bin/sh
# Take the data folder over and become the server's own user; the server itself reads
# RABBITMQ_DEFAULT_USER and RABBITMQ_DEFAULT_PASS.
set -eu
case "${1:-}" in
    rabbitmq*)
        if [ "$(id -u)" = 0 ]; then
            if [ "$1" = rabbitmq-server ]; then
                find /var/lib/rabbitmq \! -user rabbitmq -exec chown rabbitmq:rabbitmq {} +
            fi
            exec setpriv --reuid=rabbitmq --regid=rabbitmq --init-groups "$0" "$@"
        fi
        ;;
esac
exec "$@"
