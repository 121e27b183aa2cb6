-- What a language model reads out of documents: relations of the graph, each with the words of the
-- document that it stands on. With its last words such a relation goes, and with their last
-- relation the things that only documents named.

alter table graph.nodes
    add column origin text not null default 'noted' check (origin in ('noted', 'documents'));
-- `stated_to` is what documents say of its end, `ended_at` what a person says; `valid_to` follows.
alter table graph.edges
    add column origin text not null default 'noted' check (origin in ('noted', 'documents')),
    add column is_exclusive boolean not null default false,
    add column stated_to timestamptz,
    add column ended_at timestamptz,
    add unique (id, owner);

-- Under which names a thing is known, folded so that one thing has one name.
create table graph.aliases (
    owner uuid not null,
    label text not null,
    key text not null check (key <> ''),
    node_id uuid not null,
    primary key (owner, label, key),
    foreign key (node_id, owner) references graph.nodes (id, owner) on delete cascade
);
create index aliases_by_node on graph.aliases (node_id);

create table graph.evidence (
    edge_id uuid not null,
    owner uuid not null,
    document_id uuid not null,
    ordinal integer not null,
    quote text not null check (quote <> ''),
    stated_from timestamptz,
    stated_to timestamptz,
    observed_at timestamptz not null,
    primary key (edge_id, document_id, ordinal),
    foreign key (edge_id, owner) references graph.edges (id, owner) on delete cascade,
    foreign key (document_id, owner) references knowledge.documents (id, owner) on delete cascade
);
create index evidence_by_document on graph.evidence (document_id, owner);

-- How far the reading of each document is; `off` where its owner wants none.
create table graph.extractions (
    document_id uuid primary key,
    owner uuid not null,
    state text not null check (state in ('queued', 'running', 'done', 'partly', 'failed', 'off')),
    run integer not null default 0,
    model text not null default '',
    done integer not null default 0,
    total integer not null default 0,
    facts integer not null default 0,
    dropped integer not null default 0,
    calls integer not null default 0,
    reason text not null default '',
    updated_at timestamptz not null default now(),
    foreign key (document_id, owner) references knowledge.documents (id, owner) on delete cascade
);

-- What a model replied to each part of a document, so that no part is asked about twice.
create table graph.replies (
    document_id uuid not null,
    digest text not null check (digest ~ '^[0-9a-f]{64}$'),
    owner uuid not null,
    is_readable boolean not null,
    reply text not null,
    calls integer not null,
    created_at timestamptz not null default now(),
    primary key (document_id, digest),
    foreign key (document_id, owner) references knowledge.documents (id, owner) on delete cascade
);

alter table graph.aliases enable row level security;
alter table graph.aliases force row level security;
alter table graph.evidence enable row level security;
alter table graph.evidence force row level security;
alter table graph.extractions enable row level security;
alter table graph.extractions force row level security;
alter table graph.replies enable row level security;
alter table graph.replies force row level security;
create policy own_aliases on graph.aliases using (owner = (select identity.caller()));
create policy own_evidence on graph.evidence using (owner = (select identity.caller()));
create policy own_extractions on graph.extractions using (owner = (select identity.caller()));
create policy own_replies on graph.replies using (owner = (select identity.caller()));

-- When relations of one kind of one thing hold: from the earliest that documents say, else from
-- when the earliest document was put in; until documents or a person say so, and where there is
-- only one at a time, until the next begins. Those that close come first: at no moment may two
-- equal ones be open.
create function graph.settle(p_owner uuid, p_source uuid, p_kind text) returns void
language plpgsql as $$
begin
    for is_open in 0..1 loop
        with known as (
            select e.id, e.is_exclusive, e.ended_at, max(v.stated_to) as stated_to,
                coalesce(
                    min(v.stated_from), min(least(v.observed_at, v.stated_to))
                ) as begins
            from graph.edges e
            join graph.evidence v on v.edge_id = e.id and v.owner = e.owner
            where e.owner = p_owner and e.source = p_source and e.kind = p_kind
                and e.origin = 'documents'
            group by e.id
        ), spans as (
            select id, begins, stated_to,
                least(stated_to, ended_at, case when is_exclusive then
                    min(begins) over (
                        partition by is_exclusive order by begins
                        range between interval '1 microsecond' following and unbounded following
                    )
                end) as until
            from known
        )
        update graph.edges e
        set valid_from = s.begins, stated_to = s.stated_to,
            valid_to = case when s.until is not null then greatest(s.begins, s.until) end
        from spans s
        where e.id = s.id and e.owner = p_owner and (s.until is null) = (is_open = 1)
            and (s.until is not null or not exists (
                select from graph.edges o
                where o.owner = e.owner and o.source = e.source and o.kind = e.kind
                    and o.target = e.target and o.valid_to is null and o.id <> e.id
            ));
    end loop;
end
$$;

create function graph.drop_unproved() returns trigger language plpgsql as $$
declare
    touched record;
begin
    for touched in
        select distinct e.owner, e.source, e.kind
        from gone g join graph.edges e on e.id = g.edge_id and e.owner = g.owner
    loop
        delete from graph.edges e
        where e.owner = touched.owner and e.source = touched.source and e.kind = touched.kind
            and e.origin = 'documents'
            and not exists (
                select from graph.evidence v where v.edge_id = e.id and v.owner = e.owner
            );
        perform graph.settle(touched.owner, touched.source, touched.kind);
    end loop;
    return null;
end
$$;
create trigger drop_unproved after delete on graph.evidence
    referencing old table as gone for each statement execute function graph.drop_unproved();

create function graph.drop_lonely() returns trigger language plpgsql as $$
begin
    delete from graph.nodes n
    using gone g
    where n.id in (g.source, g.target) and n.owner = g.owner and n.origin = 'documents'
        and not exists (
            select from graph.edges e
            where e.owner = n.owner and (e.source = n.id or e.target = n.id)
        );
    return null;
end
$$;
create trigger drop_lonely after delete on graph.edges
    referencing old table as gone for each statement execute function graph.drop_lonely();

grant select, insert, update, delete
    on graph.aliases, graph.evidence, graph.extractions, graph.replies to "hearth_app";
