-- The code of a person's repositories: symbols by full name, and uses between them.
--
-- A use names its ends and does not refer to them: half of what code uses stands elsewhere.

create table graph.repositories (
    id uuid primary key,
    owner uuid not null,
    name text not null check (length(name) between 1 and 100),
    source text not null,
    size_bytes bigint not null check (size_bytes >= 0),
    sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
    object_key text not null check (object_key like 'user-' || owner || '/%'),
    status text not null default 'queued'
        check (status in ('queued', 'running', 'ready', 'failed')),
    reason text not null default '',
    -- Grows with every start: the latest run is the one that may write.
    run integer not null default 0,
    attempts integer not null default 0,
    files integer not null default 0,
    symbols integer not null default 0,
    uses integer not null default 0,
    left_out text[] not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (id, owner),
    unique (owner, name)
);

create table graph.symbols (
    repository_id uuid not null,
    owner uuid not null,
    name text not null,
    above text not null,
    kind text not null check (kind in ('module', 'class', 'function', 'method', 'attribute')),
    path text not null,
    line integer not null,
    end_line integer not null,
    summary text not null,
    detail jsonb not null,
    foreign key (repository_id, owner) references graph.repositories (id, owner) on delete cascade
);
create index symbols_by_place on graph.symbols (repository_id, above);
create index symbols_by_name on graph.symbols (repository_id, md5(name));

create table graph.uses (
    repository_id uuid not null,
    owner uuid not null,
    kind text not null check (kind in ('calls', 'imports')),
    source text not null,
    target text not null,
    path text not null,
    line integer not null,
    foreign key (repository_id, owner) references graph.repositories (id, owner) on delete cascade
);
create index uses_by_repository on graph.uses (repository_id, kind);

alter table graph.repositories enable row level security;
alter table graph.repositories force row level security;
alter table graph.symbols enable row level security;
alter table graph.symbols force row level security;
alter table graph.uses enable row level security;
alter table graph.uses force row level security;
create policy own_repositories on graph.repositories using (owner = (select identity.caller()));
create policy own_symbols on graph.symbols using (owner = (select identity.caller()));
create policy own_uses on graph.uses using (owner = (select identity.caller()));

grant select, insert, update, delete
    on graph.repositories, graph.symbols, graph.uses to "hearth_app";
