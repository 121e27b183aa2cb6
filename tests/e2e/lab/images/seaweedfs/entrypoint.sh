#!/bin/sh
# What the catalog asks of 4.x, as 3.39 takes it: one address for every part, and the store's own
# account in the file instead of the environment. The rest stays as it is.
set -eu
accounts=/run/seaweedfs-accounts.json
if [ "$(id -u)" = 0 ]; then
    chown -R seaweed:seaweed /data
    for word; do
        case $word in
            -s3.config=*) given=${word#*=} ;;
        esac
    done
    own="{\"name\": \"own\", \"credentials\": [{\"accessKey\": \"${AWS_ACCESS_KEY_ID-}\","
    own="$own \"secretKey\": \"${AWS_SECRET_ACCESS_KEY-}\"}], \"actions\": [\"Admin\"]}"
    if [ -n "${given-}" ]; then
        grep -q '"name"' "$given" && own="$own,"
        umask 077
        awk -v own="$own" '{ sub(/"identities": *\[/, "&" own); print }' "$given" > "$accounts"
        chown seaweed:seaweed "$accounts"
    fi
    exec setpriv --reuid=seaweed --regid=seaweed --clear-groups "$0" "$@"
fi
for word; do
    shift
    case $word in
        -ip.bind=*) word=-ip.bind=0.0.0.0 ;;
        -s3.config=*) word=-s3.config=$accounts ;;
        -s3.ip.bind=* | -metricsIp=*) continue ;;
    esac
    set -- "$@" "$word"
done
exec /usr/bin/weed -logtostderr=true "$@"
