-- add_document --
-- Store a document unless the same bytes are there already; gives its id only if it is new.
insert into knowledge.documents (
    id, owner, title, source_type, source, media_type, size_bytes, content_sha256, pipeline,
    object_key, tags
) values (
    %(id)s, %(owner)s, %(title)s, %(source_type)s, %(source)s, %(media_type)s, %(size_bytes)s,
    %(content_sha256)s, %(pipeline)s, %(object_key)s, %(tags)s
)
on conflict (owner, content_sha256, pipeline) do nothing
returning id

-- replace_document --
-- Give the newest document of an address other bytes and queue it; gives its id, and the key of the
-- bytes it had. None where none is there, it is at work, or the bytes are a document's already.
with older as (
    select id, object_key from knowledge.documents
    where owner = %(owner)s and source_type = %(source_type)s and source = %(source)s
        and status in ('failed', 'cancelled', 'ready')
    order by created_at desc, id desc
    limit 1
    for update
)
update knowledge.documents d
set title = %(title)s, media_type = %(media_type)s, size_bytes = %(size_bytes)s,
    content_sha256 = %(content_sha256)s, pipeline = %(pipeline)s, object_key = %(object_key)s,
    tags = case when %(tags)s::text[] = '{}' then d.tags else %(tags)s end,
    status = 'queued', stage = 'waiting', done = 0, total = 0, reason = '', attempts = 0,
    updated_at = now()
from older
where d.owner = %(owner)s and d.id = older.id
    and not exists (
        select from knowledge.documents same
        where same.owner = %(owner)s and same.content_sha256 = %(content_sha256)s
            and same.pipeline = %(pipeline)s
    )
returning d.id, older.object_key

-- find_same --
-- The document that holds these bytes already.
select id, status from knowledge.documents
where owner = %(owner)s and content_sha256 = %(content_sha256)s and pipeline = %(pipeline)s

-- read_documents --
-- What queries on documents begin with; the columns are those of `model.Document`, in its order.
select id, title, source_type, source, media_type, size_bytes, content_sha256, language, tags,
    status, stage, done, total, reason, attempts, pages, passages, created_at, updated_at,
    (
        select case
            when bool_or(s.audience = 'everybody') then 'public'
            when bool_or(s.audience = 'group') then 'group'
            when count(*) > 0 then 'people'
            else 'private'
        end
        from knowledge.shares s
        where s.document_id = documents.id
            and readable(s.owner, s.document_id)
    ),
    coalesce((
        select min(s.shared_by) from knowledge.shares s
        where s.document_id = documents.id and readable(s.owner, s.document_id)
            and s.owner <> %(owner)s
    ), '')
from knowledge.documents
where readable(owner, id)

-- get_document --
-- One document that somebody may read.
{{read_documents}} and id = %(id)s

-- find_original --
-- Where the bytes of a document are that somebody may read.
select object_key from knowledge.documents where readable(owner, id) and id = %(id)s

-- narrow_documents --
-- What queries on a page of documents end with.
and (%(whose)s = 'all' or (owner = %(owner)s) = (%(whose)s = 'mine'))
and (%(status)s::text is null or status = %(status)s)
and (%(text)s::text is null or position(lower(%(text)s::text) in lower(title)) > 0)
and (%(source_type)s::text is null or source_type = %(source_type)s)
and tags @> %(tags)s

-- list_documents --
-- A page of documents. The sort is one of a fixed set, chosen by value and never put into the text.
{{read_documents}} {{narrow_documents}}
order by
    case when %(sort)s = 'title' then lower(title) end,
    case when %(sort)s = 'largest' then size_bytes end desc,
    case when %(sort)s = 'oldest' then created_at end,
    created_at desc, id
limit %(limit)s offset %(offset)s

-- count_documents --
-- How many documents `list_documents` would give without its limit.
select count(*)
from knowledge.documents
where readable(owner, id) {{narrow_documents}}

-- delete_document --
-- Delete a document; what hangs below it goes with it. Gives the key of its original.
delete from knowledge.documents where owner = %(owner)s and id = %(id)s returning object_key

-- requeue_document --
-- Put a document that is not at work back into the queue.
update knowledge.documents
set status = 'queued', stage = 'waiting', done = 0, total = 0, reason = '', attempts = 0,
    updated_at = now()
where owner = %(owner)s and id = %(id)s and status in ('failed', 'cancelled', 'ready')
returning id

-- list_outdated --
-- Ready documents that one embedder's vectors are missing of; following a site again is no matter
-- of vectors.
select d.id
from knowledge.documents d
where d.owner = %(owner)s and d.status = 'ready' and d.passages > 0 and d.source_type <> 'site'
    and not exists (
        select from knowledge.codes c join knowledge.spaces s on s.id = c.space
        where c.owner = %(owner)s and c.document_id = d.id
            and s.name = %(name)s and s.dimension = %(dimension)s
    )
order by d.created_at, d.id

-- find_outdated --
-- Of everybody's documents the ids of those that one embedder's vectors are missing of; the function
-- of the schema's owner gives nothing else.
select owner, id from knowledge.outdated(%(name)s, %(dimension)s, %(after)s, %(limit)s)

-- cancel_document --
-- Stop a document; the worker notices at its next progress.
update knowledge.documents
set status = 'cancelled', stage = 'done', reason = 'cancelled by its owner', updated_at = now()
where owner = %(owner)s and id = %(id)s and status in ('queued', 'running')
returning id

-- list_sources --
-- Where the ready documents came from.
select source_type, source, count(*), sum(passages)
from knowledge.documents
where readable(owner, id) and passages > 0
group by source_type, source
order by source_type, source

-- list_tags --
-- The tags on ready documents.
select distinct unnest(tags) as tag from knowledge.documents
where readable(owner, id) and passages > 0
order by tag

-- start_run --
-- Take a document over. The run's number is the token that makes earlier runs stale.
update knowledge.documents
set status = 'running', stage = 'reading', done = 0, total = 0, reason = '',
    attempts = attempts + 1, run = run + 1, updated_at = now()
where owner = %(owner)s and id = %(id)s and status in ('queued', 'running')
returning run, attempts, title, source, media_type, object_key, language

-- write_progress --
-- Say how far a run is; no row comes back when the run is no longer the document's.
update knowledge.documents
set stage = %(stage)s, done = %(done)s, total = %(total)s, updated_at = now()
where owner = %(owner)s and id = %(id)s and status = 'running' and run = %(run)s
returning id

-- find_state --
-- Why a run may not go on.
select status, run from knowledge.documents where owner = %(owner)s and id = %(id)s

-- hold_run --
-- Lock the row of a run that is about to store its result.
select id from knowledge.documents
where owner = %(owner)s and id = %(id)s and status = 'running' and run = %(run)s
for update

-- clear_passages --
-- Remove what an earlier run stored.
with gone as (
    delete from knowledge.passages where owner = %(owner)s and document_id = %(id)s
), vectors as (
    delete from knowledge.embeddings where owner = %(owner)s and document_id = %(id)s
), codes as (
    delete from knowledge.codes where owner = %(owner)s and document_id = %(id)s
)
delete from knowledge.postings where owner = %(owner)s and document_id = %(id)s

-- ensure_space --
-- The space of an embedder, made when it is first used.
insert into knowledge.spaces (name, dimension) values (%(name)s, %(dimension)s)
on conflict (name, dimension) do nothing

-- find_space --
-- The space of an embedder, if anything was ever embedded by it.
select id from knowledge.spaces where name = %(name)s and dimension = %(dimension)s

-- insert_passages --
-- Passages. COPY would be quicker, but row-level security forbids it; headings come joined by the
-- unit separator, as arrays of arrays must all have one length.
insert into knowledge.passages (document_id, ordinal, owner, page, headings, tokens, content)
select %(id)s, ordinal, %(owner)s, page, string_to_array(headings, chr(31)), tokens,
    content
from unnest(
    %(ordinals)b::int[], %(pages)b::int[], %(headings)b::text[], %(tokens)b::int[],
    %(contents)b::text[]
) as new (ordinal, page, headings, tokens, content)

-- vector_type --
-- The number of pgvector's type in this database.
select 'vector'::regtype::oid

-- insert_embeddings --
-- Vectors of passages that follow one another.
insert into knowledge.embeddings (document_id, space, ordinal, owner, embedding)
select %(id)s, %(space)s, %(first)s + place - 1, %(owner)s, embedding
from unnest(%(vectors)b::vector[]) with ordinality as new (embedding, place)

-- insert_codes --
-- The vectors of a document once more, in four bits a number.
insert into knowledge.codes (document_id, space, owner, packed)
values (%(id)s, %(space)s, %(owner)s, %(packed)b)

-- insert_postings --
-- Postings, in parts that fit into a page of the index.
insert into knowledge.postings (owner, word, document_id, part, packed)
select %(owner)s, word, %(id)s, part, substring(packed from part * 2000 + 1 for 2000)
from unnest(%(words)b::text[], %(packed)b::bytea[]) as new (word, packed),
    generate_series(0, (octet_length(packed) - 1) / 2000) as part

-- finish_run --
-- Make a document ready.
update knowledge.documents
set status = 'ready', stage = 'done', done = %(passages)s, total = %(passages)s, reason = '',
    language = %(language)s, pages = %(pages)s, passages = %(passages)s, words = %(words)s,
    edition = nextval('knowledge.editions'), updated_at = now()
where owner = %(owner)s and id = %(id)s

-- fail_run --
-- Record why a run failed, and whether another attempt follows.
update knowledge.documents
set status = %(status)s, reason = %(reason)s, updated_at = now()
where owner = %(owner)s and id = %(id)s and status = 'running' and run = %(run)s
