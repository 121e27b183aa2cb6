#!/bin/sh
# Prometheus 2.53 refuses a configuration that says how long numbers are kept, as 3.x wants it: it
# takes that as flags. Everything else of the file stays as it is.
given=/etc/prometheus/prometheus.yml
grep -q '^storage:' "$given" || exec /usr/bin/prometheus "$@"
folder=$(mktemp -d)
cp -r /etc/prometheus/. "$folder"
part=$(awk '/^storage:/ {on = 1} on && /^[^ ]/ && !/^storage:/ {on = 0} on' "$given")
awk '/^storage:/ {on = 1; next} on && /^[^ ]/ {on = 0} !on' "$given" > "$folder/prometheus.yml"
value() {
    printf '%s\n' "$part" | sed -n "s/.*$1: *\([0-9A-Za-z]*\).*/\1/p"
}
for word; do
    shift
    case $word in
        --config.file=*) word=--config.file=$folder/prometheus.yml ;;
    esac
    set -- "$@" "$word"
done
exec /usr/bin/prometheus "$@" \
    --storage.tsdb.retention.time="$(value time)" --storage.tsdb.retention.size="$(value size)"
