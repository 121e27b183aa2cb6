-- lock_facts --
-- One at a time puts relations into a person's graph, so that each sees what the others found.
select pg_advisory_xact_lock(hashtextextended('facts:' || %(owner)s::text, 0))

-- find_quote --
-- Whether a passage has these very words.
select observed.created_at
from knowledge.passages p
join knowledge.documents observed on observed.id = p.document_id
where p.owner = %(owner)s and observed.owner = %(owner)s and p.document_id = %(document)s
    and p.ordinal = %(ordinal)s and strpos(p.content, %(quote)s) > 0

-- resolve_node --
-- The thing that is known by one of some names, the first of them first.
select node_id from graph.aliases
where owner = %(owner)s and label = %(label)s and key = any (%(keys)s)
order by array_position(%(keys)s::text[], key)
limit 1

-- resolve_noted --
-- A thing that somebody noted under this name, whatever its case.
select id from graph.nodes
where owner = %(owner)s and label = %(label)s and lower(name) = lower(%(name)s)
limit 1

-- add_node --
-- A thing that a document names.
insert into graph.nodes (id, owner, label, name, origin, created_at, updated_at)
values (%(id)s, %(owner)s, %(label)s, %(name)s, 'documents', %(now)s, %(now)s)
on conflict (owner, label, name) do update set updated_at = excluded.updated_at
returning id

-- add_aliases --
-- Names of a thing; one that is another's already stays that one's.
insert into graph.aliases (owner, label, key, node_id)
select %(owner)s, %(label)s, key, %(node)s from unnest(%(keys)s::text[]) as new (key)
on conflict do nothing

-- find_edge --
-- The relation that a fact says once more: one that had not ended by then, and no other took over
-- between the two.
select e.id from graph.edges e
where e.owner = %(owner)s and e.source = %(source)s and e.kind = %(kind)s
    and e.target = %(target)s
    and (e.valid_to is null or e.valid_to > %(at)s)
    and not exists (
        select from graph.edges r
        where r.owner = %(owner)s and r.source = %(source)s and r.kind = %(kind)s
            and r.target <> %(target)s and r.is_exclusive and %(exclusive)s
            and r.valid_from > %(at)s and r.valid_from < e.valid_from
    )
order by e.valid_from
limit 1

-- add_edge --
-- A relation that a document tells of. It begins ended, as two equal ones may not be open; what is
-- true of its time is settled once its words are stored.
insert into graph.edges (
    id, owner, source, target, kind, note, valid_from, valid_to, origin, is_exclusive
) values (
    %(id)s, %(owner)s, %(source)s, %(target)s, %(kind)s, '', %(at)s, %(at)s, 'documents',
    %(exclusive)s
)
returning id

-- mark_exclusive --
-- There is only one of these at a time.
update graph.edges set is_exclusive = true
where owner = %(owner)s and source = %(source)s and kind = %(kind)s and origin = 'documents'
    and not is_exclusive

-- add_evidence --
-- The words that a relation stands on.
insert into graph.evidence (
    edge_id, owner, document_id, ordinal, quote, stated_from, stated_to, observed_at
) values (
    %(edge)s, %(owner)s, %(document)s, %(ordinal)s, %(quote)s, %(stated_from)s, %(stated_to)s,
    %(observed_at)s
)
on conflict do nothing

-- settle --
-- When the relations of this kind hold.
select graph.settle(%(owner)s, %(source)s, %(kind)s)

-- forget_evidence --
-- What a document says; relations that nothing else says go with it.
delete from graph.evidence where owner = %(owner)s and document_id = %(document)s

-- count_facts --
-- How many relations stand on a document.
select count(distinct edge_id) from graph.evidence
where owner = %(owner)s and document_id = %(document)s

-- search_facts --
-- Relations with most of the words in what they relate or stand on, those that hold first.
select e.id, e.kind, e.note, e.valid_from, e.valid_to, s.id, s.label, s.name,
    t.id, t.label, t.name,
    (
        select count(*) from unnest(%(words)s::text[]) as wanted (word)
        where strpos(lower(concat_ws(
            ' ', s.name, replace(e.kind, '_', ' '), t.name, e.note, words.quotes, words.known_as
        )), word) > 0
    ) as score
from graph.edges e
join graph.nodes s on s.id = e.source
join graph.nodes t on t.id = e.target
cross join lateral (
    select
        (select string_agg(v.quote, ' ') from graph.evidence v
            where v.owner = %(owner)s and v.edge_id = e.id) as quotes,
        (select string_agg(a.key, ' ') from graph.aliases a
            where a.owner = %(owner)s and a.node_id in (s.id, t.id)) as known_as
) as words
where e.owner = %(owner)s and s.owner = %(owner)s and t.owner = %(owner)s
    and (%(node)s::uuid is null or %(node)s in (e.source, e.target))
    and (%(past)s or (e.valid_from <= %(at)s and (e.valid_to is null or e.valid_to > %(at)s)))
    and (%(document)s::uuid is null or exists (
        select from graph.evidence v
        where v.owner = %(owner)s and v.edge_id = e.id and v.document_id = %(document)s
    ))
    and (%(words)s::text[] = '{}' or exists (
        select from unnest(%(words)s::text[]) as wanted (word)
        where strpos(lower(concat_ws(
            ' ', s.name, replace(e.kind, '_', ' '), t.name, e.note, words.quotes, words.known_as
        )), word) > 0
    ))
order by score desc, e.valid_to desc nulls first, e.valid_from desc, e.id
limit %(limit)s

-- read_evidence --
-- The words that some relations stand on, the newest document first.
select v.edge_id, v.document_id, d.title, v.ordinal, p.page, v.quote
from graph.evidence v
join knowledge.documents d on d.id = v.document_id
join knowledge.passages p on p.document_id = v.document_id and p.ordinal = v.ordinal
where v.owner = %(owner)s and d.owner = %(owner)s and p.owner = %(owner)s
    and v.edge_id = any (%(edges)s)
order by v.observed_at desc, v.document_id, v.ordinal

-- request_reading --
-- Have a document read; what could not be understood is asked once more.
with retried as (
    delete from graph.replies
    where owner = %(owner)s and document_id = %(document)s and not is_readable
)
insert into graph.extractions as x (document_id, owner, state)
select id, %(owner)s, 'queued' from knowledge.documents
where owner = %(owner)s and id = %(document)s
on conflict (document_id) do update
set state = 'queued', run = x.run + 1, reason = '', updated_at = now()
returning document_id

-- request_if_new --
-- Have a document read that nobody decided about.
insert into graph.extractions as x (document_id, owner, state)
select id, %(owner)s, 'queued' from knowledge.documents
where owner = %(owner)s and id = %(document)s
on conflict (document_id) do nothing

-- request_again --
-- Have a document read once more whose text has changed, unless its owner wants none.
update graph.extractions set state = 'queued', run = run + 1, updated_at = now()
where owner = %(owner)s and document_id = %(document)s and state <> 'off'
returning document_id

-- decline_reading --
-- Have a document not read, and forget what was replied about it.
with forgotten as (
    delete from graph.replies where owner = %(owner)s and document_id = %(document)s
)
insert into graph.extractions as x (document_id, owner, state)
select id, %(owner)s, 'off' from knowledge.documents
where owner = %(owner)s and id = %(document)s
on conflict (document_id) do update
set state = 'off', run = x.run + 1, done = 0, total = 0, facts = 0, dropped = 0, calls = 0,
    reason = '', updated_at = now()
returning document_id

-- find_reading --
-- How far the reading of a document is.
select d.id, d.title, x.state, x.model, x.done, x.total, x.facts, x.dropped, x.calls, x.reason,
    x.updated_at
from knowledge.documents d
left join (select * from graph.extractions where owner = %(owner)s) as x on x.document_id = d.id
where d.owner = %(owner)s and d.id = %(document)s

-- start_reading --
-- Take a reading over; none where there is nothing to do, or the text is not there yet.
update graph.extractions x
set state = 'running', run = x.run + 1, reason = '', done = 0, facts = 0, dropped = 0, calls = 0,
    updated_at = now()
from knowledge.documents d
where x.owner = %(owner)s and d.owner = %(owner)s and x.document_id = %(document)s
    and d.id = x.document_id and d.status = 'ready' and x.state in ('queued', 'running')
returning x.run, d.title

-- read_text --
-- Every passage of a document, in order.
select ordinal, content, headings from knowledge.passages
where owner = %(owner)s and document_id = %(document)s
order by ordinal

-- find_reply --
-- What was replied to this part before.
select is_readable, reply, calls from graph.replies
where owner = %(owner)s and document_id = %(document)s and digest = %(digest)s

-- keep_reply --
-- Keep what was replied to a part, as long as this run is the document's.
insert into graph.replies (document_id, digest, owner, is_readable, reply, calls)
select document_id, %(digest)s, %(owner)s, %(is_readable)s, %(reply)s, %(calls)s
from graph.extractions
where owner = %(owner)s and document_id = %(document)s and run = %(run)s
on conflict (document_id, digest) do update
set is_readable = excluded.is_readable, reply = excluded.reply, calls = excluded.calls

-- write_reading --
-- Say how far a run is; no row where it is the document's no more.
update graph.extractions
set state = %(state)s, model = %(model)s, done = %(done)s, total = %(total)s, facts = %(facts)s,
    dropped = %(dropped)s, calls = %(calls)s, reason = %(reason)s, updated_at = now()
where owner = %(owner)s and document_id = %(document)s and run = %(run)s and state = 'running'
returning document_id
