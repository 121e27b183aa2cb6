-- statistics --
-- Size of an owner's whole collection.
select coalesce(sum(passages), 0)::bigint, coalesce(sum(words), 0)::bigint,
    coalesce(array_agg(distinct language), '{}')
from knowledge.documents
where owner = %(owner)s and passages > 0

-- postings --
-- Every posting of some words; documents outside the filter come too, as they count for rarity.
select word, document_id, packed,
    %(all)s or document_id = any (array(
        select id from knowledge.documents
        where owner = %(owner)s
            and (%(source_type)s::text is null or source_type = %(source_type)s)
            and tags @> %(tags)s
            and (%(ids)s::uuid[] is null or id = any (%(ids)s))
    ))
from knowledge.postings
where owner = %(owner)s and word = any (%(words)s)

-- nearest --
-- The closest vectors, compared one by one: exact whatever the filter. Vectors have length 1, so
-- the inner product is the cosine.
select document_id, ordinal, -(embedding <#> %(vector)s::vector)
from knowledge.embeddings
where owner = %(owner)s and space = %(space)s
    and (%(all)s or document_id = any (array(
        select id from knowledge.documents
        where owner = %(owner)s
            and (%(source_type)s::text is null or source_type = %(source_type)s)
            and tags @> %(tags)s
            and (%(ids)s::uuid[] is null or id = any (%(ids)s))
    )))
order by embedding <#> %(vector)s::vector, document_id, ordinal
limit %(limit)s

-- similarities --
-- The cosine of chosen passages.
select e.document_id, e.ordinal, -(e.embedding <#> %(vector)s::vector)
from unnest(%(documents)s::uuid[], %(ordinals)s::int[]) as chosen (document_id, ordinal)
join knowledge.embeddings e
    on e.document_id = chosen.document_id and e.space = %(space)s and e.ordinal = chosen.ordinal
where e.owner = %(owner)s

-- read_passages --
-- Chosen passages with their neighbours and what a citation needs.
select distinct p.document_id, p.ordinal, p.content, p.headings, p.page, p.tokens,
    d.title, d.source_type, d.source, d.language
from unnest(%(documents)s::uuid[], %(ordinals)s::int[]) as chosen (document_id, ordinal)
join knowledge.passages p
    on p.document_id = chosen.document_id
    and p.ordinal between chosen.ordinal - %(neighbours)s and chosen.ordinal + %(neighbours)s
join knowledge.documents d on d.id = p.document_id
where p.owner = %(owner)s and d.owner = %(owner)s
