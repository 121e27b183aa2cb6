-- A person's graph: things, and relations between them that hold for a time.
--
-- An edge names its owner in both of its references, so that none can hang between the things of
-- two people. What held once stays, with its end.

create schema graph;

create table graph.nodes (
    id uuid primary key,
    owner uuid not null,
    label text not null check (label ~ '^[a-z][a-z0-9_]{0,39}$'),
    name text not null check (length(name) between 1 and 200),
    note text not null default '',
    created_at timestamptz not null,
    updated_at timestamptz not null,
    unique (id, owner),
    unique (owner, label, name)
);

create table graph.edges (
    id uuid primary key,
    owner uuid not null,
    source uuid not null,
    target uuid not null,
    kind text not null check (kind ~ '^[a-z][a-z0-9_]{0,39}$'),
    note text not null default '',
    valid_from timestamptz not null,
    valid_to timestamptz check (valid_to >= valid_from),
    foreign key (source, owner) references graph.nodes (id, owner) on delete cascade,
    foreign key (target, owner) references graph.nodes (id, owner) on delete cascade
);
create unique index edges_holding on graph.edges (owner, source, kind, target)
    where valid_to is null;
create index edges_by_source on graph.edges (source, owner);
create index edges_by_target on graph.edges (target, owner);

alter table graph.nodes enable row level security;
alter table graph.nodes force row level security;
alter table graph.edges enable row level security;
alter table graph.edges force row level security;
create policy own_nodes on graph.nodes using (owner = (select identity.caller()));
create policy own_edges on graph.edges using (owner = (select identity.caller()));

grant usage on schema graph to "hearth_app";
grant select, insert, update, delete on graph.nodes, graph.edges to "hearth_app";
