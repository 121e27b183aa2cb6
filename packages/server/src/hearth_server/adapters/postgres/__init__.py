"""PostgreSQL: the pool, the schema, and the queries of each capability in `.sql` files."""
