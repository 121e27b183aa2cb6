-- Database webhooks of the studio: a trigger function that posts a changed row to a URL.
-- A trigger's arguments: url, method, headers, params, timeout in milliseconds.
\set ON_ERROR_STOP on

CREATE EXTENSION IF NOT EXISTS pg_net SCHEMA extensions;
CREATE SCHEMA IF NOT EXISTS supabase_functions AUTHORIZATION supabase_admin;
GRANT USAGE ON SCHEMA supabase_functions TO postgres, anon, authenticated, service_role;

CREATE TABLE IF NOT EXISTS supabase_functions.hooks (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hook_table_id oid NOT NULL,
    hook_name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    request_id bigint
);
CREATE INDEX IF NOT EXISTS hooks_request_id ON supabase_functions.hooks (request_id);

CREATE OR REPLACE FUNCTION supabase_functions.http_request() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
AS $$
DECLARE
    target text := nullif(TG_ARGV[0], 'null');
    verb text := upper(nullif(TG_ARGV[1], 'null'));
    headers jsonb := coalesce(nullif(TG_ARGV[2], 'null'), '{"Content-Type": "application/json"}');
    params jsonb := coalesce(nullif(TG_ARGV[3], 'null'), '{}');
    patience integer := coalesce(nullif(TG_ARGV[4], 'null'), '1000');
    request bigint;
BEGIN
    IF target IS NULL THEN
        RAISE EXCEPTION 'webhook %: has no url', TG_NAME;
    END IF;
    IF verb = 'GET' THEN
        request := net.http_get(url => target, params => params, headers => headers,
                                timeout_milliseconds => patience);
    ELSIF verb = 'POST' THEN
        request := net.http_post(
            url => target,
            body => jsonb_build_object('type', TG_OP, 'schema', TG_TABLE_SCHEMA,
                                       'table', TG_TABLE_NAME, 'record', to_jsonb(NEW),
                                       'old_record', to_jsonb(OLD)),
            params => params, headers => headers, timeout_milliseconds => patience);
    ELSE
        RAISE EXCEPTION 'webhook %: knows GET and POST, found %', TG_NAME, coalesce(verb, 'nothing');
    END IF;
    INSERT INTO supabase_functions.hooks (hook_table_id, hook_name, request_id)
    VALUES (TG_RELID, TG_NAME, request);
    RETURN coalesce(NEW, OLD);
END
$$;
REVOKE ALL ON FUNCTION supabase_functions.http_request() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION supabase_functions.http_request()
    TO postgres, anon, authenticated, service_role;
