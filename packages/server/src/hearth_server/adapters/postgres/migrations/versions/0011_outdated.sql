-- Which documents an embedder's vectors are missing of, whoever owns them, for a worker that begins
-- with another embedder. It learns whose document is behind, and nothing of what is in it.

-- The policies hold for the owner's functions alone, so it gives nothing to a role that sets it.
create function knowledge.is_catching_up() returns boolean
language sql stable
as $$ select coalesce(current_setting('hearth.catching_up', true), '') = 'on' $$;

create policy catching_up on knowledge.documents for select to current_user
    using ((select knowledge.is_catching_up()));
create policy catching_up on knowledge.codes for select to current_user
    using ((select knowledge.is_catching_up()));

-- Ready documents after one, in the order of their ids; following a site again is no matter of
-- vectors.
create function knowledge.outdated(
    p_name text, p_dimension integer, p_after uuid, p_limit integer
) returns table (owner uuid, id uuid)
language plpgsql security definer set search_path = knowledge, pg_temp
as $$
begin
    perform set_config('hearth.catching_up', 'on', true);
    return query
    select d.owner, d.id from documents d
    where d.id > p_after and d.status = 'ready' and d.passages > 0 and d.source_type <> 'site'
        and not exists (
            select from codes c join spaces s on s.id = c.space
            where c.document_id = d.id and s.name = p_name and s.dimension = p_dimension
        )
    order by d.id limit p_limit;
    perform set_config('hearth.catching_up', '', true);
end
$$;
revoke execute on function knowledge.outdated(text, integer, uuid, integer) from public;
grant execute on function knowledge.outdated(text, integer, uuid, integer) to "hearth_app";
