-- The roles that Supabase's own image makes at first start, as far as its programs log in.
CREATE ROLE supabase_admin SUPERUSER LOGIN;
CREATE ROLE anon;
CREATE ROLE authenticated;
CREATE ROLE service_role BYPASSRLS;
CREATE ROLE authenticator NOINHERIT LOGIN;
CREATE ROLE pgbouncer LOGIN;
CREATE ROLE supabase_auth_admin NOINHERIT CREATEROLE LOGIN;
CREATE ROLE supabase_storage_admin NOINHERIT CREATEROLE LOGIN;
CREATE ROLE dashboard_user CREATEROLE CREATEDB REPLICATION;
GRANT anon, authenticated, service_role TO authenticator;
CREATE SCHEMA extensions;
