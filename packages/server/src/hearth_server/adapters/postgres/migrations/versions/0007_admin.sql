-- What administrators may look at, and the record of each look.
--
-- The server looks as a role of its own, which owns nothing, may read no table and may only call the
-- functions below that run as the schema's owner; `migrate` lets it. Each that gives rows takes the
-- number of an entry that says who looks at whom and at what, and that is committed before: an entry
-- of the same transaction would go away with it, after everything was read.

create schema admin;

-- `by_id` null: whoever has the console. `about` null: everybody here. Neither refers to an account,
-- as an entry outlives it.
create table admin.audit (
    id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    by_id uuid,
    by_email text not null,
    about uuid,
    about_email text not null,
    action text not null check (length(action) between 1 and 40),
    detail text not null,
    transaction xid8 not null default pg_current_xact_id()
);
create index audit_about on admin.audit (about, id desc);

alter table admin.audit enable row level security;
alter table admin.audit force row level security;

-- No policy lets anybody change or remove an entry, the owner's own functions included; and where
-- policies do not hold, for a superuser, the trigger does.
create policy written on admin.audit for insert to current_user with check (true);
create policy read_back on admin.audit for select to current_user using (true);
create policy about_me on admin.audit for select
    using (
        about = (select identity.caller())
        or (about is null and (select identity.caller()) is not null)
    );

create function admin.refuse() returns trigger language plpgsql as $$
begin
    raise insufficient_privilege using message = 'an entry of the audit stays as it is';
end
$$;
create trigger stays before update or delete or truncate on admin.audit
    for each statement execute function admin.refuse();

-- Whose rows the function that is running may read: somebody's, or `everybody`. The policies hold
-- for the owner's functions alone, so it gives nothing to a role that sets it by itself.
create function admin.examined() returns text
language sql stable
as $$ select coalesce(current_setting('hearth.examined', true), '') $$;

create policy examined on knowledge.documents for select to current_user
    using ((select admin.examined()) in ('everybody', owner::text));
create policy examined on knowledge.passages for select to current_user
    using ((select admin.examined()) = owner::text);

-- Write down who is about to look at what. Gives no row where there is no such person.
create function admin.note_look(p_action text, p_about uuid, p_detail text) returns bigint
language plpgsql security definer set search_path = admin, pg_temp
as $$
declare
    whose text;
    entry bigint;
    me text := (
        select u.email from identity.users u where u.id = identity.caller() and u.role = 'admin'
    );
begin
    if me is null then
        raise sqlstate 'P0HR1' using message = 'the caller is no administrator';
    end if;
    select u.email into whose from identity.users u where u.id = p_about;
    if p_about is not null and whose is null then
        return null;
    end if;
    insert into audit (by_id, by_email, about, about_email, action, detail)
    values (identity.caller(), me, p_about, coalesce(whose, ''), p_action, p_detail)
    returning id into entry;
    return entry;
end
$$;

-- Let the function that calls this read what a committed entry names, and nothing else.
create function admin.examine(p_look bigint, p_action text, p_about uuid, p_detail text)
returns void
language plpgsql set search_path = admin, pg_temp
as $$
begin
    perform from audit a join identity.users u on u.id = a.by_id and u.role = 'admin'
    where a.id = p_look and a.by_id = identity.caller() and a.action = p_action
        and a.about is not distinct from p_about and a.detail = p_detail
        and a.transaction is distinct from pg_current_xact_id_if_assigned()
        and a.at > clock_timestamp() - interval '1 minute';
    if not found then
        raise sqlstate 'P0HR1' using message = 'nothing was written down that allows this';
    end if;
    perform set_config('hearth.examined', coalesce(p_about::text, 'everybody'), true);
end
$$;

-- People whose address has a text in it, each with how much they keep and ask.
create function admin.people(p_look bigint, p_text text, p_limit integer, p_offset integer)
returns table (
    id uuid, email text, role text, kind text, tier text, created_at timestamptz,
    last_sign_in_at timestamptz, documents bigint, size_bytes bigint, requests_today bigint,
    total bigint
)
language plpgsql security definer set search_path = admin, pg_temp
as $$
begin
    perform examine(p_look, 'list_people', null, p_text);
    return query
    select u.id, u.email, u.role, u.kind, u.tier, u.created_at, u.last_sign_in_at,
        d.documents, d.size_bytes, requests_today(u.id), count(*) over ()
    from identity.users u
    cross join lateral (
        select count(*) as documents, coalesce(sum(k.size_bytes), 0)::bigint as size_bytes
        from knowledge.documents k where k.owner = u.id
    ) d
    where strpos(u.email, lower(p_text)) > 0
    order by u.email, u.id limit p_limit offset p_offset;
end
$$;

create function admin.requests_today(p_person uuid) returns bigint
language sql stable set search_path = admin, pg_temp
as $$
    select coalesce((
        select m.used from identity.meters m
        where m.subject = p_person and m.day = (clock_timestamp() at time zone 'UTC')::date
    ), 0)
$$;

-- What one person keeps and asks, in numbers alone.
create function admin.usage(p_look bigint, p_person uuid)
returns table (
    id uuid, email text, role text, kind text, tier text, created_at timestamptz,
    last_sign_in_at timestamptz, documents bigint, ready bigint, failed bigint, size_bytes bigint,
    passages bigint, words bigint, tokens bigint, links bigint, requests_today bigint,
    not_set_up text[]
)
language plpgsql security definer set search_path = admin, pg_temp
as $$
begin
    perform examine(p_look, 'get_usage', p_person, '');
    return query
    select u.id, u.email, u.role, u.kind, u.tier, u.created_at, u.last_sign_in_at,
        d.documents, d.ready, d.failed, d.size_bytes, d.passages, d.words,
        (select count(*) from identity.tokens t
            where t.user_id = u.id and t.expires_at > clock_timestamp()),
        (select count(*) from identity.links l where l.user_id = u.id),
        requests_today(u.id),
        (select coalesce(array_agg(p.step order by p.step), '{}') from identity.provisioning p
            where p.user_id = u.id and p.state <> 'done')
    from identity.users u
    cross join lateral (
        select count(*) as documents, count(*) filter (where k.status = 'ready') as ready,
            count(*) filter (where k.status = 'failed') as failed,
            coalesce(sum(k.size_bytes), 0)::bigint as size_bytes,
            coalesce(sum(k.passages), 0)::bigint as passages,
            coalesce(sum(k.words), 0)::bigint as words
        from knowledge.documents k where k.owner = u.id
    ) d
    where u.id = p_person;
end
$$;

-- One person's documents, newest first.
create function admin.documents(
    p_look bigint, p_person uuid, p_limit integer, p_offset integer
) returns table (
    id uuid, title text, source_type text, source text, media_type text, size_bytes bigint,
    language text, tags text[], status text, stage text, reason text, attempts integer,
    pages integer, passages integer, created_at timestamptz, updated_at timestamptz, total bigint
)
language plpgsql security definer set search_path = admin, pg_temp
as $$
begin
    perform examine(p_look, 'list_documents_of', p_person, '');
    return query
    select k.id, k.title, k.source_type, k.source, k.media_type, k.size_bytes, k.language, k.tags,
        k.status, k.stage, k.reason, k.attempts, k.pages, k.passages, k.created_at, k.updated_at,
        count(*) over ()
    from knowledge.documents k where k.owner = p_person
    order by k.created_at desc, k.id limit p_limit offset p_offset;
end
$$;

-- One document of a person's; no row where they have none of that id.
create function admin.document(p_look bigint, p_person uuid, p_document uuid) returns table (
    id uuid, title text, source_type text, source text, media_type text, size_bytes bigint,
    language text, tags text[], status text, stage text, reason text, attempts integer,
    pages integer, passages integer, created_at timestamptz, updated_at timestamptz
)
language plpgsql security definer set search_path = admin, pg_temp
as $$
begin
    perform examine(p_look, 'get_document_of', p_person, p_document::text);
    return query
    select k.id, k.title, k.source_type, k.source, k.media_type, k.size_bytes, k.language, k.tags,
        k.status, k.stage, k.reason, k.attempts, k.pages, k.passages, k.created_at, k.updated_at
    from knowledge.documents k where k.owner = p_person and k.id = p_document;
end
$$;

-- The text of that document, from one passage on.
create function admin.passages(
    p_look bigint, p_person uuid, p_document uuid, p_first integer, p_limit integer
) returns table (ordinal integer, page integer, headings text[], text text, tokens integer)
language plpgsql security definer set search_path = admin, pg_temp
as $$
begin
    perform examine(p_look, 'get_document_of', p_person, p_document::text);
    return query
    select k.ordinal, k.page, k.headings, k.content, k.tokens from knowledge.passages k
    where k.owner = p_person and k.document_id = p_document and k.ordinal >= p_first
    order by k.ordinal limit p_limit;
end
$$;

-- The audit itself, newest first: of one person, or all of it; looking at it is an entry, too.
create function admin.entries(p_look bigint, p_about uuid, p_before bigint, p_limit integer)
returns table (
    id bigint, at timestamptz, "by" text, about uuid, about_email text, action text,
    detail text
)
language plpgsql security definer set search_path = admin, pg_temp
as $$
begin
    perform examine(p_look, 'list_audit_log', p_about, '');
    return query
    select a.id, a.at, a.by_email, a.about, a.about_email, a.action, a.detail
    from audit a
    where (p_about is null or a.about = p_about) and (p_before is null or a.id < p_before)
    order by a.id desc limit p_limit;
end
$$;

-- Make somebody an administrator, or no longer. Only from the console: as nobody's transaction.
-- Gives changed, same, unknown, or last for the only administrator, who stays one.
create function admin.set_role(p_email text, p_role text) returns text
language plpgsql security definer set search_path = admin, pg_temp
as $$
declare
    person identity.users%rowtype;
begin
    if identity.caller() is not null then
        raise sqlstate 'P0HR1' using message = 'roles are given from the console alone';
    end if;
    perform pg_advisory_xact_lock(hashtext('admin.set_role'));
    select * into person from identity.users u where u.email = p_email and u.kind = 'person';
    if person.id is null then
        return 'unknown';
    elsif person.role = p_role then
        return 'same';
    elsif person.role = 'admin' and not exists (
        select from identity.users u
        where u.role = 'admin' and u.kind = 'person' and u.id <> person.id
    ) then
        return 'last';
    end if;
    update identity.users u set role = p_role where u.id = person.id;
    insert into audit (by_id, by_email, about, about_email, action, detail)
    values (null, 'the console', person.id, person.email, 'set_role', p_role);
    return 'changed';
end
$$;

revoke all on all functions in schema admin from public;
grant usage on schema admin to "hearth_app";
grant select on admin.audit to "hearth_app";
