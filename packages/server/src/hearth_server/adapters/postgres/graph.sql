-- put_node --
-- A thing, made or found by its label and name; a note that is given replaces the one there.
insert into graph.nodes as n (id, owner, label, name, note, created_at, updated_at)
values (%(id)s, %(owner)s, %(label)s, %(name)s, %(note)s, %(now)s, %(now)s)
on conflict (owner, label, name) do update
set note = case when excluded.note = '' then n.note else excluded.note end,
    updated_at = case
        when excluded.note in ('', n.note) then n.updated_at else excluded.updated_at
    end,
    origin = 'noted'
returning id, label, name, note, created_at, updated_at

-- put_edge --
-- A relation between two things of one owner, made or found; no row where an end is missing.
with ends as (
    select (select count(*) from graph.nodes
            where owner = %(owner)s and id in (%(source)s, %(target)s))
        = case when %(source)s::uuid = %(target)s::uuid then 1 else 2 end as are_there
)
insert into graph.edges as e (id, owner, source, target, kind, note, valid_from)
select %(id)s, %(owner)s, %(source)s, %(target)s, %(kind)s, %(note)s, %(now)s
from ends where are_there
on conflict (owner, source, kind, target) where valid_to is null do update
set note = case when excluded.note = '' then e.note else excluded.note end, origin = 'noted'
returning id, source, target, kind, note, valid_from, valid_to

-- end_edge --
-- A relation that holds no more.
update graph.edges
set valid_to = greatest(%(now)s, valid_from), ended_at = greatest(%(now)s, valid_from)
where owner = %(owner)s and id = %(id)s and valid_to is null
returning id

-- find_nodes --
-- Things by a part of their name; `strpos` takes the text as it is.
select id, label, name, note, created_at, updated_at
from graph.nodes
where owner = %(owner)s
    and (%(label)s::text is null or label = %(label)s)
    and strpos(lower(name), lower(%(text)s)) > 0
order by label collate "C", name collate "C"
limit %(limit)s

-- around --
-- Things by their distance from one; each is gone through at most once a distance.
with recursive reached (id, distance) as (
    select id, 0 from graph.nodes where owner = %(owner)s and id = %(id)s
    union
    select case when e.source = r.id then e.target else e.source end, r.distance + 1
    from reached r
    join graph.edges e
        on (e.source = r.id or e.target = r.id) and e.owner = %(owner)s and e.valid_to is null
    where r.distance < %(depth)s
), nearest as (
    select id, min(distance) as distance from reached group by id
)
select n.id, n.label, n.name, n.note, n.created_at, n.updated_at
from nearest join graph.nodes n on n.id = nearest.id
where n.owner = %(owner)s
order by nearest.distance, n.label collate "C", n.name collate "C"
limit %(limit)s

-- edges_between --
-- The relations that hold among some things.
select id, source, target, kind, note, valid_from, valid_to
from graph.edges
where owner = %(owner)s and valid_to is null
    and source = any (%(ids)s) and target = any (%(ids)s)
order by id

-- delete_node --
-- A thing, and with it its relations.
delete from graph.nodes where owner = %(owner)s and id = %(id)s
returning id
