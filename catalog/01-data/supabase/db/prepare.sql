-- What Supabase's programs expect of the database beyond what its image makes at first start.
-- Run as superuser each time anything in it changed; every statement may run again.
\set ON_ERROR_STOP on

-- Databases are closed to everybody but their own roles afterwards; these keep their way in.
SELECT format('GRANT CONNECT, TEMPORARY ON DATABASE postgres TO %I', rolname)
FROM pg_catalog.pg_roles
WHERE rolname LIKE 'supabase\_%'
   OR rolname IN ('postgres', 'authenticator', 'anon', 'authenticated', 'service_role',
                  'pgbouncer', 'dashboard_user')
\gexec

-- Without its variable a name stays unset, and the statement fails loudly.
\unset auth_password
\unset rest_password
\unset storage_password
\unset pooler_password
\getenv auth_password AUTH_DB_PASSWORD
\getenv rest_password REST_DB_PASSWORD
\getenv storage_password STORAGE_DB_PASSWORD
\getenv pooler_password POOLER_DB_PASSWORD
ALTER ROLE supabase_auth_admin LOGIN PASSWORD :'auth_password';
ALTER ROLE authenticator LOGIN PASSWORD :'rest_password';
ALTER ROLE supabase_storage_admin LOGIN PASSWORD :'storage_password';
ALTER ROLE pgbouncer LOGIN PASSWORD :'pooler_password';

\getenv jwt_exp JWT_EXP
ALTER DATABASE postgres SET "app.settings.jwt_exp" TO :'jwt_exp';

CREATE SCHEMA IF NOT EXISTS _realtime AUTHORIZATION supabase_admin;

-- The pooler and the logs keep their own tables apart from the person's.
SELECT 'CREATE DATABASE _supabase OWNER supabase_admin'
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = '_supabase')
\gexec
REVOKE ALL ON DATABASE _supabase FROM PUBLIC;
\connect _supabase
CREATE SCHEMA IF NOT EXISTS _analytics AUTHORIZATION supabase_admin;
CREATE SCHEMA IF NOT EXISTS _supavisor AUTHORIZATION supabase_admin;
\connect postgres
