-- find_own --
-- Whether a document is the caller's own.
select id from knowledge.documents where owner = %(owner)s and id = %(id)s for update

-- read_shares --
-- With whom an owner shares a document.
select audience, email, group_id from knowledge.shares
where owner = %(owner)s and document_id = %(id)s
order by audience, email, group_id

-- clear_shares --
-- Share a document with nobody.
delete from knowledge.shares where owner = %(owner)s and document_id = %(id)s

-- add_shares --
-- Share a document with some people, groups and, where asked for, everybody.
insert into knowledge.shares (document_id, owner, audience, email, group_id, shared_by)
select %(id)s, %(owner)s, 'person', email, null, %(shared_by)s
from unnest(%(people)s::text[]) as email
union all
select %(id)s, %(owner)s, 'group', null, group_id, %(shared_by)s
from unnest(%(groups)s::uuid[]) as group_id
union all
select %(id)s, %(owner)s, 'everybody', null, null, %(shared_by)s where %(everybody)s

-- list_groups --
-- The groups that a person made or is in; only who made one sees who else is in it.
select g.id, g.name, g.owner = %(owner)s, array(
    select m.email from knowledge.group_members m
    where m.group_id = g.id and g.owner = %(owner)s and m.owner = %(owner)s order by m.email
)
from knowledge.reader_groups g
where g.owner = %(owner)s or g.id = any ((select knowledge.groups_of(%(owner)s))::uuid[])
order by lower(g.name), g.id

-- add_group --
-- Make a group.
insert into knowledge.reader_groups (id, owner, name) values (%(id)s, %(owner)s, %(name)s)

-- find_own_group --
-- Whether a group is the caller's own.
select id from knowledge.reader_groups where owner = %(owner)s and id = %(id)s

-- clear_members --
-- Leave a group of one's own without anybody.
delete from knowledge.group_members where owner = %(owner)s and group_id = %(id)s

-- add_members --
-- Put people into a group.
insert into knowledge.group_members (group_id, owner, email)
select %(id)s, %(owner)s, email from unnest(%(people)s::text[]) as email

-- delete_group --
-- Remove a group, and with it what it let its members read.
delete from knowledge.reader_groups where owner = %(owner)s and id = %(id)s returning id
