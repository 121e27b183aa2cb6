# Tells the pooler of the one database that it serves, anew at each start, so that a changed
# password arrives. Must keep LF line ends: a shell reads it.
{:ok, _} = Application.ensure_all_started(:supavisor)

{:ok, %{rows: [[shown]]}} = Supavisor.Repo.query("select version()")
{:ok, version} = Supavisor.Helpers.parse_pg_version(shown)

name = System.fetch_env!("POOLER_TENANT")

wanted = %{
  "external_id" => name,
  "db_host" => "supabase-db",
  "db_port" => 5432,
  "db_database" => "postgres",
  "require_user" => false,
  "auth_query" => "SELECT * FROM pgbouncer.get_auth($1)",
  "default_max_clients" => 100,
  "default_pool_size" => 20,
  "default_parameter_status" => %{"server_version" => version},
  "users" => [
    %{
      "db_user" => "pgbouncer",
      "db_password" => System.fetch_env!("POOLER_PASSWORD"),
      "mode_type" => "transaction",
      "pool_size" => 20,
      "is_manager" => true
    }
  ]
}

{:ok, _} =
  case Supavisor.Tenants.get_tenant_by_external_id(name) do
    nil -> Supavisor.Tenants.create_tenant(wanted)
    tenant -> Supavisor.Tenants.update_tenant(tenant, wanted)
  end
