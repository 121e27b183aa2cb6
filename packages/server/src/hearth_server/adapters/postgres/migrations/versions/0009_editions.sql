-- Which state of a document's passages is stored: a number that no other state has had. What a
-- server keeps in memory is used for exactly the state that it was read from.

create sequence knowledge.editions;
alter table knowledge.documents add column edition bigint not null default 0;

grant usage on sequence knowledge.editions to "hearth_app";
