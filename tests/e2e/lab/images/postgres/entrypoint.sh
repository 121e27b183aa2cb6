#!/bin/bash
# Make a cluster on the first start, run what lies in /docker-entrypoint-initdb.d, then start the server.
set -euo pipefail

# A value given as NAME_FILE is read from that file; giving both is a mistake.
from_file() {
    local name=$1 file="${1}_FILE"
    if [ -n "${!name:-}" ] && [ -n "${!file:-}" ]; then
        echo "entrypoint: both $name and $file are set" >&2
        exit 1
    fi
    if [ -n "${!file:-}" ]; then
        printf -v "$name" '%s' "$(<"${!file}")"
        unset "$file"
    fi
}

run_init_files() {
    local file
    for file in /docker-entrypoint-initdb.d/*; do
        case "$file" in
            *.sh) if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
            *.sql) psql -v ON_ERROR_STOP=1 --no-psqlrc -U "$POSTGRES_USER" -d "$POSTGRES_DB" -f "$file" ;;
            *.sql.gz) gunzip -c "$file" | psql -v ON_ERROR_STOP=1 --no-psqlrc -U "$POSTGRES_USER" -d "$POSTGRES_DB" ;;
            *) ;;
        esac
    done
}

make_cluster() {
    if [ -z "${POSTGRES_PASSWORD:-}" ] && [ "${POSTGRES_HOST_AUTH_METHOD:-}" != trust ]; then
        echo "entrypoint: POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE must be set at first start" >&2
        exit 1
    fi
    # shellcheck disable=SC2086  # several options in one variable, as upstream has it
    initdb --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") ${POSTGRES_INITDB_ARGS:-}
    printf '\nhost all all all %s\n' "${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}" >> "$PGDATA/pg_hba.conf"
    # Only the socket while files run: a probe over TCP must not see a half-made cluster.
    pg_ctl -D "$PGDATA" -o "-c listen_addresses=''" -w start
    if [ "$POSTGRES_DB" != postgres ]; then
        psql -v ON_ERROR_STOP=1 --no-psqlrc -U "$POSTGRES_USER" -d postgres \
            --set db="$POSTGRES_DB" <<< 'CREATE DATABASE :"db";'
    fi
    run_init_files
    pg_ctl -D "$PGDATA" -m fast -w stop
    echo "entrypoint: cluster made, starting for real"
}

if [ "${1:-}" = postgres ] || [[ "${1:-}" == -* ]]; then
    [ "$1" = postgres ] || set -- postgres "$@"
    if [ "$(id -u)" = 0 ]; then
        mkdir -p "$PGDATA"
        find "$PGDATA" /var/run/postgresql \! -user postgres -exec chown postgres:postgres {} +
        chmod 700 "$PGDATA"
        exec setpriv --reuid=postgres --regid=postgres --init-groups "${BASH_SOURCE[0]}" "$@"
    fi
    for name in POSTGRES_USER POSTGRES_PASSWORD POSTGRES_DB POSTGRES_INITDB_ARGS; do from_file "$name"; done
    export POSTGRES_USER=${POSTGRES_USER:-postgres}
    export POSTGRES_DB=${POSTGRES_DB:-$POSTGRES_USER}
    export PGPASSWORD=${POSTGRES_PASSWORD:-}
    [ -s "$PGDATA/PG_VERSION" ] || make_cluster
    unset PGPASSWORD POSTGRES_PASSWORD
    set -- "$@" -c listen_addresses='*'
fi
exec "$@"
