-- A word's postings stand side by side in the index, where a large owner's are read from a handful of
-- pages; in the table each document's lie on a page of their own. An index takes no more than a third
-- of a page a row, so a document's postings come in parts of 2,000 bytes.

-- Row-level security would hide every row from the owner of the tables, too.
alter table knowledge.postings no force row level security;

alter table knowledge.postings add column part integer not null default 0 check (part >= 0);
alter table knowledge.postings drop constraint postings_pkey;

insert into knowledge.postings (owner, word, document_id, part, packed)
select owner, word, document_id, n, substring(packed from n * 2000 + 1 for 2000)
from knowledge.postings, generate_series(1, (octet_length(packed) - 1) / 2000) as n
where octet_length(packed) > 2000;
update knowledge.postings set packed = substring(packed for 2000) where octet_length(packed) > 2000;

alter table knowledge.postings add check (octet_length(packed) <= 2000);
alter table knowledge.postings add primary key (owner, word, document_id, part) include (packed);

alter table knowledge.postings force row level security;
