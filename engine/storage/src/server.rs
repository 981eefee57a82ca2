//! What a PostgreSQL server needs besides tables: the schemas, the roles of the tenants, the functions of expressions.
use sqlx::postgres::PgConnectOptions;

use crate::sql::FUNCTIONS;
use crate::{error::StorageError, store::DatabaseKey, threads::postgres::PostgresLink, value::Reading};
use kontor_definitions::{ColumnType, Value};

/// Makes the control schema; answers whether this login can make a role for each tenant.
pub(crate) fn prepare(options: &PgConnectOptions) -> Result<bool, StorageError> {
    let mut link = PostgresLink::new(options.clone())?;
    link.begin("BEGIN")?;
    // Several nodes can start at once; making the same schema twice at the same moment fails in the catalog.
    link.control("SELECT pg_advisory_xact_lock(7275620175)")?;
    link.control(&format!("CREATE SCHEMA IF NOT EXISTS \"{}\"", DatabaseKey::Control.schema()))?;
    for statement in FUNCTIONS {
        link.control(statement)?;
    }
    link.control("GRANT USAGE ON SCHEMA kontor_functions TO PUBLIC")?;
    let sql = "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user";
    let rows = link.query(sql, Vec::new(), &[Reading::Column(ColumnType::Boolean)])?;
    link.control("COMMIT")?;
    let roles = rows.first().and_then(|row| row.first()) == Some(&Value::Bool(true));
    if !roles {
        tracing::warn!("the database login may not make roles: tenants are kept apart by schema names alone");
    }
    Ok(roles)
}

/// The statements that make a tenant's schema, and its role where roles are used.
pub(crate) fn create_schema(key: DatabaseKey, roles: bool) -> Vec<String> {
    let (schema, role) = (key.schema(), key.role());
    let mut statements = vec![format!("CREATE SCHEMA IF NOT EXISTS \"{schema}\"")];
    if roles {
        statements.extend([
            format!(
                "DO $do$ BEGIN CREATE ROLE \"{role}\" NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $do$"
            ),
            format!("GRANT \"{role}\" TO CURRENT_USER"),
            format!("GRANT USAGE ON SCHEMA \"{schema}\" TO \"{role}\""),
            format!(
                "ALTER DEFAULT PRIVILEGES IN SCHEMA \"{schema}\" GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO \"{role}\""
            ),
        ]);
    }
    statements
}

/// The statements that delete a tenant's schema. Its role is dropped unless another database of the server uses it.
pub(crate) fn drop_schema(key: DatabaseKey) -> Vec<String> {
    let (schema, role) = (key.schema(), key.role());
    vec![
        format!("DROP SCHEMA IF EXISTS \"{schema}\" CASCADE"),
        format!("DO $do$ BEGIN DROP ROLE IF EXISTS \"{role}\"; EXCEPTION WHEN dependent_objects_still_exist THEN NULL; END $do$"),
    ]
}
