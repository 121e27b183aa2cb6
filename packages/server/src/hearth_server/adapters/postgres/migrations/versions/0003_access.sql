-- Who comes by another's proof (Cloudflare Access), who acts for whom, what is set up for whom, how
-- much each may ask, and which tools each caller's agent has put on its list.

alter table identity.users
    add column kind text not null default 'person' check (kind in ('person', 'service')),
    add column tier text not null default 'free' check (tier in ('free', 'pro')),
    add column enabled_tools text[] not null default '{}';

-- `groups` null: every group of tools.
alter table identity.tokens
    add column groups text[],
    add column enabled_tools text[] not null default '{}';

create table identity.link_codes (
    digest bytea primary key check (octet_length(digest) = 32),
    user_id uuid not null references identity.users on delete cascade,
    scopes text[] not null check (cardinality(scopes) > 0),
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz
);
create index link_codes_user on identity.link_codes (user_id);

-- `service_id` and `token_id` are who may use the link: one token of one account, or an account that
-- proves itself otherwise. With the token its links go.
create table identity.links (
    id uuid primary key,
    user_id uuid not null references identity.users on delete cascade,
    service_id uuid not null references identity.users on delete cascade,
    token_id uuid references identity.tokens on delete cascade,
    service text not null,
    scopes text[] not null check (cardinality(scopes) > 0),
    created_at timestamptz not null,
    last_used_at timestamptz
);
create unique index links_pair on identity.links (user_id, service_id, token_id) nulls not distinct;
create index links_service on identity.links (service_id);
create index links_token on identity.links (token_id);

-- What others did to or with an account; nobody changes a line.
create table identity.events (
    id bigint generated always as identity primary key,
    user_id uuid not null references identity.users on delete cascade,
    at timestamptz not null,
    event text not null,
    by text not null,
    link_id uuid,
    detail text not null default ''
);
create index events_user on identity.events (user_id, at desc);

create table identity.provisioning (
    user_id uuid not null references identity.users on delete cascade,
    step text not null check (length(step) between 1 and 40),
    state text not null check (state in ('pending', 'done', 'failed')),
    attempts integer not null default 0,
    at timestamptz not null,
    next_at timestamptz not null,
    reason text not null default '',
    detail text not null default '',
    primary key (user_id, step)
);

-- One row a person or token: the theoretical arrival time of GCRA, and requests counted on a day.
-- Unlogged: no disk waits for a count, and after a crash everybody begins anew.
create unlogged table identity.meters (
    subject uuid primary key,
    tat timestamptz not null,
    day date not null,
    used bigint not null
) with (fillfactor = 50);

alter table identity.link_codes enable row level security;
alter table identity.links enable row level security;
alter table identity.events enable row level security;
alter table identity.provisioning enable row level security;
alter table identity.meters enable row level security;

create policy own_tools on identity.users for update
    using (id = (select identity.caller())) with check (id = (select identity.caller()));
create policy own_codes on identity.link_codes for insert
    with check (user_id = (select identity.caller()));
create policy own_links on identity.links using (user_id = (select identity.caller()));
create policy own_events on identity.events using (user_id = (select identity.caller()));
create policy own_provisioning on identity.provisioning
    using (user_id = (select identity.caller()))
    with check (user_id = (select identity.caller()));

-- Whoever keeps in memory what a proof allows, hears at once that it may be otherwise.
create function identity.announce() returns trigger language plpgsql as $$
begin
    perform pg_notify('hearth_identity', old.user_id::text);
    return null;
end
$$;
create trigger announce after delete or update of scopes, groups, expires_at, enabled_tools
    on identity.tokens for each row execute function identity.announce();
create trigger announce after delete on identity.sessions
    for each row execute function identity.announce();
create trigger announce after delete or update of scopes on identity.links
    for each row execute function identity.announce();

-- A row of `users` has `id` and no `user_id`, which one function cannot name for both.
create function identity.announce_person() returns trigger language plpgsql as $$
begin
    perform pg_notify('hearth_identity', old.id::text);
    return null;
end
$$;
create trigger announce after delete or update of email, role, tier, enabled_tools
    on identity.users for each row execute function identity.announce_person();

drop function identity.find_session(bytea, timestamptz);
create function identity.find_session(p_session bytea, p_now timestamptz)
returns table (
    user_id uuid, email text, role text, tier text, enabled_tools text[], expires_at timestamptz
)
language plpgsql security definer set search_path = identity, pg_temp
as $$
begin
    return query
    select u.id, u.email, u.role, u.tier, u.enabled_tools, s.expires_at
    from sessions s join users u on u.id = s.user_id
    where s.digest = p_session and s.expires_at > p_now;
    update sessions s set last_seen_at = p_now
    where s.digest = p_session and s.expires_at > p_now
        and coalesce(s.last_seen_at, '-infinity') < p_now - interval '1 minute';
end
$$;

drop function identity.find_token(bytea, timestamptz);
create function identity.find_token(p_token bytea, p_now timestamptz)
returns table (
    user_id uuid, email text, role text, tier text, token_id uuid, name text, scopes text[],
    groups text[], enabled_tools text[], expires_at timestamptz
)
language plpgsql security definer set search_path = identity, pg_temp
as $$
begin
    return query
    select u.id, u.email, u.role, u.tier, t.id, t.name, t.scopes, t.groups, t.enabled_tools,
        t.expires_at
    from tokens t join users u on u.id = t.user_id
    where t.digest = p_token and t.expires_at > p_now;
    update tokens t set last_used_at = p_now
    where t.digest = p_token and t.expires_at > p_now
        and coalesce(t.last_used_at, '-infinity') < p_now - interval '1 minute';
end
$$;

-- Find or make the account of somebody whom another has proved. Of many first requests at once one
-- makes it and the others find it. An address once named as an administrator's stays one.
create function identity.admit(
    p_email text, p_kind text, p_is_admin boolean, p_new_id uuid, p_now timestamptz
) returns table (user_id uuid, email text, role text, tier text, enabled_tools text[])
language plpgsql security definer set search_path = identity, pg_temp
as $$
begin
    insert into users as u (id, email, kind, role)
    values (p_new_id, p_email, p_kind, case when p_is_admin then 'admin' else 'user' end)
    on conflict do nothing;
    update users u set role = 'admin'
    where u.email = p_email and u.kind = p_kind and p_is_admin and u.role <> 'admin';
    update users u set last_sign_in_at = p_now
    where u.email = p_email and u.kind = p_kind
        and coalesce(u.last_sign_in_at, '-infinity') < p_now - interval '1 hour';
    return query
    select u.id, u.email, u.role, u.tier, u.enabled_tools from users u
    where u.email = p_email and u.kind = p_kind;
end
$$;

-- Use up a code: the caller's account, by this token where it has one, may from now on act for the
-- code's person. A second code of the same person for the same service renews their link.
create function identity.redeem_code(
    p_code bytea, p_new_id uuid, p_token uuid, p_service text, p_now timestamptz
) returns table (outcome text, link_id uuid, email text, scopes text[], created_at timestamptz)
language plpgsql security definer set search_path = identity, pg_temp
as $$
declare
    code identity.link_codes%rowtype;
    made identity.links%rowtype;
begin
    if identity.caller() is null then
        raise insufficient_privilege using message = 'nobody is calling';
    end if;
    update link_codes c set used_at = p_now
    where c.digest = p_code and c.used_at is null and c.expires_at > p_now
    returning * into code;
    if code.digest is null then
        select * into code from link_codes c where c.digest = p_code;
        outcome := case
            when code.digest is null then 'unknown'
            when code.used_at is not null then 'used'
            else 'expired'
        end;
        return next;
        return;
    end if;
    delete from link_codes c where c.expires_at < p_now - interval '1 day';
    insert into links as l (id, user_id, service_id, token_id, service, scopes, created_at)
    values (p_new_id, code.user_id, identity.caller(), p_token, p_service, code.scopes, p_now)
    on conflict (user_id, service_id, token_id) do update
        set scopes = excluded.scopes, service = excluded.service, created_at = excluded.created_at
    returning l.* into made;
    insert into events (user_id, at, event, by, link_id, detail)
    values (code.user_id, p_now, 'linked', p_service, made.id, array_to_string(made.scopes, ' '));
    return query
    select 'linked', made.id, u.email, made.scopes, made.created_at
    from users u where u.id = made.user_id;
end
$$;

-- Find for whom a service acts by a link; none when the link is not this service's own.
create function identity.find_link(p_link uuid, p_service uuid, p_token uuid, p_now timestamptz)
returns table (user_id uuid, email text, role text, tier text, service text, scopes text[])
language plpgsql security definer set search_path = identity, pg_temp
as $$
begin
    return query
    select u.id, u.email, u.role, u.tier, l.service, l.scopes
    from links l join users u on u.id = l.user_id
    where l.id = p_link and l.service_id = p_service and l.token_id is not distinct from p_token;
    update links l set last_used_at = p_now
    where l.id = p_link and l.service_id = p_service and l.token_id is not distinct from p_token
        and coalesce(l.last_used_at, '-infinity') < p_now - interval '1 minute';
end
$$;

-- Keep a line for the caller, and let go of those older than half a year.
create function identity.note_event(
    p_event text, p_by text, p_link uuid, p_detail text, p_now timestamptz
) returns void
language plpgsql security definer set search_path = identity, pg_temp
as $$
begin
    delete from events e
    where e.user_id = identity.caller() and e.at < p_now - interval '180 days';
    insert into events (user_id, at, event, by, link_id, detail)
    values (identity.caller(), p_now, p_event, p_by, p_link, p_detail);
end
$$;

-- Take up to `p_wanted` requests for all subjects together, or none. Each has a rate a minute with a
-- burst (GCRA) and a quota a day; 0 means no such limit. Rows are locked in their order, so that two
-- calls never wait for each other. `wait_seconds` says when one more would be granted.
create function identity.take(
    p_subjects uuid[], p_rates integer[], p_bursts integer[], p_quotas bigint[], p_wanted integer,
    p_now timestamptz
) returns table (
    granted integer, refused_by integer, reason text, wait_seconds double precision,
    remaining bigint
)
language plpgsql security definer set search_path = identity, pg_temp
as $$
declare
    today date := (p_now at time zone 'UTC')::date;
    one identity.meters%rowtype;
    found_rows integer;
    spacing double precision;
    ahead double precision;
    room bigint;
    pause double precision;
begin
    perform from meters m where m.subject = any (p_subjects) order by m.subject for update;
    get diagnostics found_rows = row_count;
    if found_rows < cardinality(p_subjects) then
        delete from meters m where m.day < today - 1;
        insert into meters (subject, tat, day, used)
        select s, p_now, today, 0 from unnest(p_subjects) s order by s on conflict do nothing;
        perform from meters m where m.subject = any (p_subjects) order by m.subject for update;
    end if;
    granted := p_wanted; refused_by := 0; reason := ''; wait_seconds := 0; remaining := 2147483647;
    for i in 1 .. cardinality(p_subjects) loop
        select * into one from meters m where m.subject = p_subjects[i];
        if p_rates[i] > 0 then
            spacing := 60.0 / p_rates[i];
            ahead := greatest(0, extract(epoch from one.tat - p_now));
            room := greatest(0, floor((p_bursts[i] * spacing - ahead) / spacing + 1e-6));
            pause := ahead - (p_bursts[i] - 1) * spacing;
            if room < 1 and pause > wait_seconds then
                refused_by := i; reason := 'rate'; wait_seconds := pause;
            end if;
            remaining := least(remaining, room);
        end if;
        if p_quotas[i] > 0 then
            room := greatest(0, p_quotas[i] - case when one.day = today then one.used else 0 end);
            pause := extract(epoch from ((today + 1)::timestamp at time zone 'UTC') - p_now);
            if room < 1 and pause > wait_seconds then
                refused_by := i; reason := 'quota'; wait_seconds := pause;
            end if;
            remaining := least(remaining, room);
        end if;
    end loop;
    granted := least(p_wanted, remaining);
    remaining := remaining - granted;
    if granted > 0 then
        for i in 1 .. cardinality(p_subjects) loop
            update meters m set
                tat = case when p_rates[i] > 0
                    then greatest(m.tat, p_now) + granted * (interval '1 minute' / p_rates[i])
                    else m.tat end,
                used = granted + case when m.day = today then m.used else 0 end,
                day = today
            where m.subject = p_subjects[i];
        end loop;
    end if;
    return next;
end
$$;

revoke all on all functions in schema identity from public;
grant execute on all functions in schema identity to "hearth_app";
grant select (groups, enabled_tools), update (enabled_tools), insert (groups)
    on identity.tokens to "hearth_app";
grant update (enabled_tools) on identity.users to "hearth_app";
grant insert on identity.link_codes to "hearth_app";
grant select, delete on identity.links to "hearth_app";
grant select on identity.events to "hearth_app";
grant select, insert, update on identity.provisioning to "hearth_app";
