-- add_repository --
-- A repository, or a new archive of the one of that name; what is indexed stays until the next is.
insert into graph.repositories as r (id, owner, name, source, size_bytes, sha256, object_key)
values (%(id)s, %(owner)s, %(name)s, %(source)s, %(size)s, %(sha256)s, %(object_key)s)
on conflict (owner, name) do update
set source = excluded.source, size_bytes = excluded.size_bytes, sha256 = excluded.sha256,
    object_key = excluded.object_key, status = 'queued', reason = '', attempts = 0,
    run = r.run + 1, updated_at = now()
returning id

-- find_archive --
-- The archive that a new one of that name replaces.
select object_key from graph.repositories where owner = %(owner)s and name = %(name)s for update

-- list_repositories --
-- Repositories by name; the columns are those of `model.Repository`, in its order.
select id, name, source, size_bytes, sha256, status, reason, files, symbols, uses, left_out,
    created_at, updated_at
from graph.repositories
where owner = %(owner)s and (%(name)s::text is null or name = %(name)s)
order by name collate "C"

-- delete_repository --
-- A repository with all that is in it; gives the key of its archive.
delete from graph.repositories where owner = %(owner)s and name = %(name)s returning object_key

-- start_index --
-- Take an indexing over.
update graph.repositories
set status = 'running', reason = '', run = run + 1, attempts = attempts + 1, updated_at = now()
where owner = %(owner)s and id = %(id)s and status in ('queued', 'running')
returning run, attempts, name, object_key

-- hold_index --
-- Lock the row of a run that is about to store its result.
select id from graph.repositories
where owner = %(owner)s and id = %(id)s and run = %(run)s and status = 'running'
for update

-- clear_code --
-- Remove what an earlier run stored.
with gone as (
    delete from graph.symbols where owner = %(owner)s and repository_id = %(id)s
)
delete from graph.uses where owner = %(owner)s and repository_id = %(id)s

-- insert_symbols --
-- Symbols.
insert into graph.symbols (
    repository_id, owner, name, above, kind, path, line, end_line, summary, detail
)
select %(id)s, %(owner)s, name, above, kind, path, line, end_line, summary, detail::jsonb
from unnest(
    %(names)s::text[], %(aboves)s::text[], %(kinds)s::text[], %(paths)s::text[], %(lines)s::int[],
    %(end_lines)s::int[], %(summaries)s::text[], %(details)s::text[]
) as new (name, above, kind, path, line, end_line, summary, detail)

-- insert_uses --
-- Uses.
insert into graph.uses (repository_id, owner, kind, source, target, path, line)
select %(id)s, %(owner)s, kind, source, target, path, line
from unnest(
    %(kinds)s::text[], %(sources)s::text[], %(targets)s::text[], %(paths)s::text[],
    %(lines)s::int[]
) as new (kind, source, target, path, line)

-- finish_index --
-- Make a repository ready.
update graph.repositories
set status = 'ready', reason = '', files = %(files)s, symbols = %(symbols)s, uses = %(uses)s,
    left_out = %(left_out)s, updated_at = now()
where owner = %(owner)s and id = %(id)s

-- fail_index --
-- Record why a run failed, and whether another attempt follows.
update graph.repositories
set status = %(status)s, reason = %(reason)s, updated_at = now()
where owner = %(owner)s and id = %(id)s and status = 'running' and run = %(run)s

-- find_symbols --
-- Symbols by a part of their name: the very name, then its end, then anything in it.
select name, kind, path, line, end_line, summary, detail
from graph.symbols
where owner = %(owner)s and repository_id = %(id)s
    and (%(kind)s::text is null or kind = %(kind)s)
    and strpos(lower(name), lower(%(text)s)) > 0
order by name <> %(text)s, right(lower(name), length(%(text)s) + 1) <> lower('.' || %(text)s),
    length(name), name collate "C"
limit %(limit)s

-- list_members --
-- What stands directly below a name.
select name, kind, path, line, end_line, summary, detail
from graph.symbols
where owner = %(owner)s and repository_id = %(id)s
    and (above = %(name)s or right(above, length(%(name)s) + 1) = '.' || %(name)s)
order by path collate "C", line, name collate "C"
limit %(limit)s

-- list_subclasses --
-- The classes that directly inherit from one.
select name, kind, path, line, end_line, summary, detail
from graph.symbols
where owner = %(owner)s and repository_id = %(id)s and kind = 'class'
    and exists (
        select from jsonb_array_elements_text(detail -> 'bases') as bases (base)
        where base = %(name)s or right(base, length(%(name)s) + 1) = '.' || %(name)s
    )
order by name collate "C"
limit %(limit)s

-- list_symbols --
-- Everything.
select name, kind, path, line, end_line, summary, detail
from graph.symbols
where owner = %(owner)s and repository_id = %(id)s
order by name collate "C"

-- find_uses --
-- Who uses what; a short name is the end of any.
select kind, source, target, path, line
from graph.uses
where owner = %(owner)s and repository_id = %(id)s and kind = %(kind)s
    and (%(source)s = '' or source = %(source)s
        or right(source, length(%(source)s) + 1) = '.' || %(source)s)
    and (%(target)s = '' or target = %(target)s
        or right(target, length(%(target)s) + 1) = '.' || %(target)s
        or (kind = 'imports' and starts_with(target, %(target)s || '.')))
order by path collate "C", line, target collate "C"
limit %(limit)s
