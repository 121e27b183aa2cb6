#!/bin/sh
# Fill /etc/nginx/templates/*.template into /etc/nginx/conf.d. Only variables that are set, and that
# NGINX_ENVSUBST_FILTER matches, are replaced: nginx has variables of its own.
set -eu
if [ "${1:-}" = nginx ]; then
    names=$(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p' | grep -E "${NGINX_ENVSUBST_FILTER:-}" || true)
    # shellcheck disable=SC2016  # envsubst is told which variables to replace, by their own spelling
    defined=$(for name in $names; do printf '${%s} ' "$name"; done)
    for template in /etc/nginx/templates/*.template; do
        [ -e "$template" ] || continue
        file=${template##*/}
        envsubst "$defined" < "$template" > "/etc/nginx/conf.d/${file%.template}"
    done
fi
exec "$@"
