-- Who may read a document beside its owner: named people, groups of people, or everybody here.
--
-- A person is named by address, so that sharing tells nobody who has an account. Nothing here lets
-- anybody write: a share opens a document and what hangs below it for reading, and nothing else.

create table knowledge.reader_groups (
    id uuid primary key,
    owner uuid not null,
    name text not null check (length(name) between 1 and 80),
    created_at timestamptz not null default now(),
    unique (id, owner)
);
create unique index reader_groups_name on knowledge.reader_groups (owner, lower(name));

create table knowledge.group_members (
    group_id uuid not null,
    owner uuid not null,
    email text not null check (email = lower(email) and length(email) between 3 and 255),
    primary key (group_id, email),
    foreign key (group_id, owner) references knowledge.reader_groups (id, owner) on delete cascade
);
create index group_members_email on knowledge.group_members (email);

create table knowledge.shares (
    document_id uuid not null,
    owner uuid not null,
    audience text not null check (audience in ('person', 'group', 'everybody')),
    email text check (email = lower(email) and length(email) between 3 and 255),
    group_id uuid references knowledge.reader_groups on delete cascade,
    shared_by text not null check (shared_by <> ''),
    created_at timestamptz not null default now(),
    foreign key (document_id, owner) references knowledge.documents (id, owner) on delete cascade,
    check ((audience = 'person') = (email is not null)),
    check ((audience = 'group') = (group_id is not null))
);
create unique index shares_once on knowledge.shares (document_id, audience, email, group_id)
    nulls not distinct;
create index shares_email on knowledge.shares (email) where email is not null;
create index shares_group on knowledge.shares (group_id) where group_id is not null;
create index shares_everybody on knowledge.shares (document_id) where audience = 'everybody';

alter table knowledge.reader_groups enable row level security;
alter table knowledge.reader_groups force row level security;
alter table knowledge.group_members enable row level security;
alter table knowledge.group_members force row level security;
alter table knowledge.shares enable row level security;
alter table knowledge.shares force row level security;

-- None of these functions runs with more rights than its caller has: what one may not see, they do
-- not give, whoever they are asked about.
create function knowledge.address_of(reader uuid) returns text
language plpgsql stable as $$
begin
    return (select email from identity.users where id = reader);
end
$$;

create function knowledge.groups_of(reader uuid) returns uuid[]
language plpgsql stable as $$
begin
    return coalesce((
        select array_agg(group_id) from knowledge.group_members
        where email = knowledge.address_of(reader)
    ), '{}');
end
$$;

-- The documents of others that somebody may read. Together with one's own these are all that any
-- read may give; the policies below and every query say so by this function.
create function knowledge.shared_with(reader uuid) returns uuid[]
language plpgsql stable as $$
declare
    address text := knowledge.address_of(reader);
    groups uuid[];
begin
    if address is null then
        return '{}';
    end if;
    groups := knowledge.groups_of(reader);
    return coalesce((
        select array_agg(distinct document_id) from knowledge.shares
        where owner <> reader
            and (audience = 'everybody' or email = address or group_id = any (groups))
    ), '{}');
end
$$;

create policy own_groups on knowledge.reader_groups
    using (owner = (select identity.caller()));
create policy joined_groups on knowledge.reader_groups for select
    using (id = any ((select knowledge.groups_of((select identity.caller())))::uuid[]));
create policy own_members on knowledge.group_members
    using (owner = (select identity.caller()));
create policy own_membership on knowledge.group_members for select
    using (email = (select knowledge.address_of((select identity.caller()))));

create policy own_shares on knowledge.shares
    using (owner = (select identity.caller()))
    with check (
        owner = (select identity.caller())
        and (group_id is null
            or group_id = any ((select knowledge.groups_of((select identity.caller())))::uuid[]))
    );
create policy shares_with_me on knowledge.shares for select
    using (
        (audience = 'everybody' and (select identity.caller()) is not null)
        or email = (select knowledge.address_of((select identity.caller())))
        or group_id = any ((select knowledge.groups_of((select identity.caller())))::uuid[])
    );

create policy shared_documents on knowledge.documents for select
    using (id = any ((select knowledge.shared_with((select identity.caller())))::uuid[]));
create policy shared_passages on knowledge.passages for select
    using (document_id = any ((select knowledge.shared_with((select identity.caller())))::uuid[]));
create policy shared_embeddings on knowledge.embeddings for select
    using (document_id = any ((select knowledge.shared_with((select identity.caller())))::uuid[]));
create policy shared_postings on knowledge.postings for select
    using (document_id = any ((select knowledge.shared_with((select identity.caller())))::uuid[]));
create policy shared_codes on knowledge.codes for select
    using (document_id = any ((select knowledge.shared_with((select identity.caller())))::uuid[]));

grant select, insert, delete
    on knowledge.reader_groups, knowledge.group_members, knowledge.shares to "hearth_app";
