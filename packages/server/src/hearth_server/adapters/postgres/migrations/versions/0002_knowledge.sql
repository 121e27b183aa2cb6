-- A person's documents and everything that makes them findable.
--
-- Every table carries its owner, every policy compares it with the transaction's caller, and a
-- child's (document_id, owner) must exist as a pair, so that no row can hang below another's
-- document. The application's role may read and write rows; it owns nothing.

create extension if not exists vector;

create schema knowledge;

create table knowledge.documents (
    id uuid primary key,
    owner uuid not null,
    title text not null,
    source_type text not null,
    source text not null,
    media_type text not null,
    size_bytes bigint not null check (size_bytes >= 0),
    content_sha256 text not null check (content_sha256 ~ '^[0-9a-f]{64}$'),
    pipeline integer not null,
    object_key text not null check (object_key like 'user-' || owner || '/%'),
    language text not null default 'xx',
    tags text[] not null default '{}',
    status text not null default 'queued'
        check (status in ('queued', 'running', 'ready', 'failed', 'cancelled')),
    stage text not null default 'waiting',
    done integer not null default 0,
    total integer not null default 0,
    reason text not null default '',
    attempts integer not null default 0,
    -- Grows with every start and never shrinks: the latest run is the one that may write.
    run integer not null default 0,
    pages integer not null default 0,
    passages integer not null default 0,
    words bigint not null default 0,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (id, owner),
    unique (owner, content_sha256, pipeline)
);
create index documents_by_time on knowledge.documents (owner, created_at desc, id);

-- Vectors may be compared only within one space: one embedder's name and dimension.
create table knowledge.spaces (
    id smallint generated always as identity primary key,
    name text not null,
    dimension integer not null check (dimension between 1 and 16000),
    created_at timestamptz not null default now(),
    unique (name, dimension)
);

create table knowledge.passages (
    document_id uuid not null,
    ordinal integer not null,
    owner uuid not null,
    page integer,
    headings text[] not null default '{}',
    tokens integer not null,
    content text not null,
    primary key (document_id, ordinal),
    foreign key (document_id, owner) references knowledge.documents (id, owner) on delete cascade
);

-- The vector's length is not in the column's type, so that several spaces live side by side while
-- a change of embedder is under way. A vector of 384 numbers stays in the row: no detour on a scan.
create table knowledge.embeddings (
    document_id uuid not null,
    space smallint not null references knowledge.spaces,
    ordinal integer not null,
    owner uuid not null,
    embedding vector not null,
    primary key (document_id, space, ordinal),
    foreign key (document_id, owner) references knowledge.documents (id, owner) on delete cascade
);
alter table knowledge.embeddings alter column embedding set storage plain;
create index embeddings_by_owner on knowledge.embeddings (owner, space);

-- One row a word and document: packed (ordinal, frequency, length) of each passage that has it.
create table knowledge.postings (
    owner uuid not null,
    word text not null,
    document_id uuid not null,
    packed bytea not null,
    primary key (owner, word, document_id),
    foreign key (document_id, owner) references knowledge.documents (id, owner) on delete cascade
);
alter table knowledge.postings alter column packed set storage external;
create index postings_by_document on knowledge.postings (document_id);

alter table knowledge.documents enable row level security;
alter table knowledge.documents force row level security;
alter table knowledge.passages enable row level security;
alter table knowledge.passages force row level security;
alter table knowledge.embeddings enable row level security;
alter table knowledge.embeddings force row level security;
alter table knowledge.postings enable row level security;
alter table knowledge.postings force row level security;

-- `using` also serves as `with check`: nobody can write a row in another's name. The sub-select is
-- evaluated once a query, not once a row.
create policy own_documents on knowledge.documents using (owner = (select identity.caller()));
create policy own_passages on knowledge.passages using (owner = (select identity.caller()));
create policy own_embeddings on knowledge.embeddings using (owner = (select identity.caller()));
create policy own_postings on knowledge.postings using (owner = (select identity.caller()));

-- Who listens learns which document of whom has changed, never what is in it.
create function knowledge.announce() returns trigger language plpgsql as $$
begin
    perform pg_notify(
        'hearth_documents',
        json_build_object('owner', coalesce(new.owner, old.owner), 'id', coalesce(new.id, old.id))::text
    );
    return null;
end
$$;
create trigger announce after insert or update or delete on knowledge.documents
    for each row execute function knowledge.announce();

grant usage on schema knowledge to "hearth_app";
grant select, insert, update, delete
    on knowledge.documents, knowledge.passages, knowledge.embeddings, knowledge.postings
    to "hearth_app";
grant select, insert on knowledge.spaces to "hearth_app";
