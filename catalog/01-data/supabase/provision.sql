-- Hearth writes the databases, roles and extensions of the services that are on in place of this
-- file.
SELECT 1;
