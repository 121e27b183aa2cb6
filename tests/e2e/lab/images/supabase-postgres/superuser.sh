#!/bin/bash
# Its superuser has the password of the installation, as upstream sets it at first start.
set -euo pipefail
psql -v ON_ERROR_STOP=1 --no-psqlrc --quiet -U postgres --set word="$POSTGRES_PASSWORD" <<'SQL'
ALTER ROLE supabase_admin PASSWORD :'word';
SQL
