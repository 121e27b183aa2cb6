-- A document's vectors in four bits a number, packed into one row: what a search over very many
-- vectors reads first. A document that is embedded anew gets a new row, and so a new id.

create table knowledge.codes (
    id bigint generated always as identity,
    document_id uuid not null,
    space smallint not null references knowledge.spaces,
    owner uuid not null,
    packed bytea not null,
    primary key (document_id, space),
    foreign key (document_id, owner) references knowledge.documents (id, owner) on delete cascade
);
alter table knowledge.codes alter column packed set storage external;
create index codes_by_owner on knowledge.codes (owner, space) include (document_id, id);

alter table knowledge.codes enable row level security;
alter table knowledge.codes force row level security;
create policy own_codes on knowledge.codes using (owner = (select identity.caller()));

grant select, insert, update, delete on knowledge.codes to "hearth_app";
