-- filter_documents --
-- The documents that pass the filter; also a piece of the queries below.
select id from knowledge.documents
where readable(owner, id)
    and (%(whose)s = 'all' or (owner = %(owner)s) = (%(whose)s = 'mine'))
    and (%(source_type)s::text is null or source_type = %(source_type)s)
    and starts_with(source, %(source)s)
    and tags @> %(tags)s
    and (%(ids)s::uuid[] is null or id = any (%(ids)s))
    and (%(since)s::timestamptz is null or created_at >= %(since)s)
    and (%(until)s::timestamptz is null or created_at < %(until)s)

-- statistics --
-- Size of all that somebody may read, and a number that tells which states of documents that is: the
-- sum of a number of 64 bits for each, made of its id and its edition. Far cheaper than `listing`,
-- which is asked for where that number is another one than last time.
select coalesce(sum(passages), 0)::bigint, coalesce(sum(words), 0)::bigint,
    coalesce(sum(uuid_hash_extended(id, edition)), 0)::text
from knowledge.documents
where readable(owner, id) and passages > 0

-- listing --
-- Which states of documents somebody may read, as one value: 28 bytes a document, its id, its edition
-- and how many passages it has, in no order; and in which languages they are.
select string_agg(uuid_send(id) || int8send(edition) || int4send(passages), ''::bytea),
    array_agg(distinct language)
from knowledge.documents
where readable(owner, id) and passages > 0
having count(*) > 0

-- found_postings --
-- The postings of some words, a piece of the queries below: one's own are read from the index alone,
-- those of others by the documents that are shared.
select word, document_id, packed
from knowledge.postings
where readable(owner, document_id) and owner = %(owner)s and word = any (%(words)s)
union all
select p.word, p.document_id, p.packed
from knowledge.documents d
join knowledge.postings p
    on p.owner = d.owner and p.document_id = d.id and p.word = any (%(words)s)
where d.id = any ((select knowledge.shared_with(%(owner)s))::uuid[])
    and readable(d.owner, d.id) and readable(p.owner, p.document_id) and d.owner <> %(owner)s

-- postings --
-- Every posting of some words, one row a word as `Postings` has it; documents outside the filter
-- come too, as they count for rarity.
select word,
    string_agg(
        uuid_send(document_id) || int4send(octet_length(packed)) || case
            when %(all)s or document_id = any (array({{filter_documents}}))
            then '\x01'::bytea else '\x00'::bytea
        end,
        ''::bytea
    ),
    string_agg(packed, ''::bytea)
from ({{found_postings}}) found
group by word

-- whole_postings --
-- Every posting of some words, one row a word, as `Postings.whole` takes it: one column is a third
-- quicker to put together than one of three joined, and a word may stand in thousands of documents.
select word,
    string_agg(uuid_send(document_id), ''::bytea),
    string_agg(int4send(octet_length(packed)), ''::bytea),
    string_agg(packed, ''::bytea)
from ({{found_postings}}) found
group by word

-- changed_postings --
-- Every posting of some words in some documents, as `whole_postings` gives them.
select word,
    string_agg(uuid_send(document_id), ''::bytea),
    string_agg(int4send(octet_length(packed)), ''::bytea),
    string_agg(packed, ''::bytea)
from ({{found_postings}}) found
where document_id = any (%(ids)s)
group by word

-- nearest --
-- The closest vectors, compared one by one: exact whatever the filter. Vectors have length 1, so
-- the inner product is the cosine.
select document_id, ordinal, -(embedding <#> %(vector)s::vector)
from knowledge.embeddings
where readable(owner, document_id) and space = %(space)s
    and (%(all)s or document_id = any (array({{filter_documents}})))
order by embedding <#> %(vector)s::vector, document_id, ordinal
limit %(limit)s

-- read_codes --
-- The codes of some documents.
select document_id, packed
from knowledge.codes
where readable(owner, document_id) and space = %(space)s and document_id = any (%(ids)s)

-- similarities --
-- The cosine of chosen passages, as one value: 12 bytes for each that has one, its place among those
-- that were chosen, from 1 on, and the cosine.
select string_agg(
    int4send(place::int) || float8send(-(e.embedding <#> %(vector)s::vector)), ''::bytea
)
from unnest(%(documents)s::uuid[], %(ordinals)s::int[])
    with ordinality as chosen (document_id, ordinal, place)
join knowledge.embeddings e
    on e.document_id = chosen.document_id and e.space = %(space)s and e.ordinal = chosen.ordinal
where readable(e.owner, e.document_id)
having count(*) > 0

-- read_passages --
-- Chosen passages, each chosen once, with what a citation needs.
select p.document_id, p.ordinal, p.content, p.headings, p.page, p.tokens,
    d.title, d.source_type, d.source, d.language
from unnest(%(documents)s::uuid[], %(ordinals)s::int[]) as chosen (document_id, ordinal)
join knowledge.passages p
    on p.document_id = chosen.document_id and p.ordinal = chosen.ordinal
join knowledge.documents d on d.id = p.document_id
where readable(p.owner, p.document_id) and readable(d.owner, d.id)
