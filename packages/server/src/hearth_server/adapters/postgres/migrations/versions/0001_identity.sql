-- People and how they prove who they are.
--
-- The application's role reads its caller's own profile and tokens under row-level security. What
-- must be found before anybody is known (a session, a token, a link) it reaches only through the
-- functions below, which run as the schema's owner, take digests and give back one row at most.

create schema identity;

create table identity.users (
    id uuid primary key,
    email text not null check (email = lower(email) and length(email) between 3 and 255),
    role text not null check (role in ('user', 'admin')),
    created_at timestamptz not null default now(),
    last_sign_in_at timestamptz
);
create unique index users_email on identity.users (email);

create table identity.sign_in_links (
    digest bytea primary key check (octet_length(digest) = 32),
    user_id uuid not null references identity.users on delete cascade,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz
);
create index sign_in_links_user on identity.sign_in_links (user_id);

create table identity.sessions (
    digest bytea primary key check (octet_length(digest) = 32),
    user_id uuid not null references identity.users on delete cascade,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    last_seen_at timestamptz
);
create index sessions_user on identity.sessions (user_id);

create table identity.tokens (
    id uuid primary key,
    user_id uuid not null references identity.users on delete cascade,
    name text not null check (length(name) between 1 and 80),
    digest bytea not null check (octet_length(digest) = 32),
    scopes text[] not null check (cardinality(scopes) > 0),
    created_at timestamptz not null,
    expires_at timestamptz not null,
    last_used_at timestamptz
);
create unique index tokens_digest on identity.tokens (digest);
create unique index tokens_name on identity.tokens (user_id, lower(name));

-- Whose transaction this is; null when it is nobody's.
create function identity.caller() returns uuid
language sql stable parallel safe
as $$ select nullif(current_setting('hearth.user_id', true), '')::uuid $$;

alter table identity.users enable row level security;
alter table identity.sign_in_links enable row level security;
alter table identity.sessions enable row level security;
alter table identity.tokens enable row level security;

create policy own_profile on identity.users for select
    using (id = (select identity.caller()));
create policy own_tokens on identity.tokens
    using (user_id = (select identity.caller()))
    with check (user_id = (select identity.caller()));

-- Make a sign-in link. Without an address it is for the owner: the first administrator, who is
-- made where nobody is. With an address it is for that person, who is made only when asked for.
-- Gives no row when there is no such person.
create function identity.issue_link(
    p_email text, p_create boolean, p_new_id uuid, p_digest bytea, p_now timestamptz,
    p_until timestamptz
) returns table (user_id uuid, email text, role text, first_run boolean)
language plpgsql security definer set search_path = identity, pg_temp
as $$
declare
    person identity.users%rowtype;
    is_empty boolean;
begin
    perform pg_advisory_xact_lock(hashtext('identity.issue_link'));
    select not exists (select from users) into is_empty;
    if is_empty then
        insert into users (id, email, role)
        values (p_new_id, coalesce(p_email, 'owner@localhost'), 'admin') returning * into person;
    elsif p_email is null then
        select * into person from users u where u.role = 'admin' order by u.created_at, u.id limit 1;
    else
        select * into person from users u where u.email = p_email;
        if person.id is null and p_create then
            insert into users (id, email, role)
            values (p_new_id, p_email, 'user') returning * into person;
        end if;
    end if;
    if person.id is null then
        return;
    end if;
    delete from sign_in_links l where l.expires_at < p_now - interval '7 days';
    insert into sign_in_links (digest, user_id, created_at, expires_at)
    values (p_digest, person.id, p_now, p_until);
    return query
    select person.id, person.email, person.role,
        not exists (select from users u where u.last_sign_in_at is not null);
end
$$;

-- Use up a link and begin a session: of two calls with one link exactly one succeeds, because the
-- update takes the row's lock and looks again. Gives signed_in, used, expired or unknown.
create function identity.start_session(
    p_link bytea, p_session bytea, p_replaces bytea, p_now timestamptz, p_until timestamptz
) returns text
language plpgsql security definer set search_path = identity, pg_temp
as $$
declare
    link identity.sign_in_links%rowtype;
begin
    update sign_in_links l set used_at = p_now
    where l.digest = p_link and l.used_at is null and l.expires_at > p_now
    returning * into link;
    if link.digest is null then
        select * into link from sign_in_links l where l.digest = p_link;
        return case
            when link.digest is null then 'unknown'
            when link.used_at is not null then 'used'
            else 'expired'
        end;
    end if;
    delete from sessions s where s.digest = p_replaces or s.expires_at <= p_now;
    insert into sessions (digest, user_id, created_at, expires_at, last_seen_at)
    values (p_session, link.user_id, p_now, p_until, p_now);
    update users u set last_sign_in_at = p_now where u.id = link.user_id;
    return 'signed_in';
end
$$;

-- Find whose session this is; notes at most once a minute that it was seen.
create function identity.find_session(p_session bytea, p_now timestamptz)
returns table (user_id uuid, email text, role text)
language plpgsql security definer set search_path = identity, pg_temp
as $$
begin
    return query
    select u.id, u.email, u.role from sessions s join users u on u.id = s.user_id
    where s.digest = p_session and s.expires_at > p_now;
    update sessions s set last_seen_at = p_now
    where s.digest = p_session and s.expires_at > p_now
        and coalesce(s.last_seen_at, '-infinity') < p_now - interval '1 minute';
end
$$;

create function identity.end_session(p_session bytea) returns void
language sql security definer set search_path = identity, pg_temp
as $$ delete from sessions where digest = p_session $$;

-- Find whose token this is; notes at most once a minute that it was used.
create function identity.find_token(p_token bytea, p_now timestamptz)
returns table (user_id uuid, email text, role text, name text, scopes text[])
language plpgsql security definer set search_path = identity, pg_temp
as $$
begin
    return query
    select u.id, u.email, u.role, t.name, t.scopes
    from tokens t join users u on u.id = t.user_id
    where t.digest = p_token and t.expires_at > p_now;
    update tokens t set last_used_at = p_now
    where t.digest = p_token and t.expires_at > p_now
        and coalesce(t.last_used_at, '-infinity') < p_now - interval '1 minute';
end
$$;

revoke all on all functions in schema identity from public;
grant usage on schema identity to "hearth_app";
grant execute on all functions in schema identity to "hearth_app";
grant select on identity.users to "hearth_app";
grant select (id, user_id, name, scopes, created_at, expires_at, last_used_at), insert, delete
    on identity.tokens to "hearth_app";
