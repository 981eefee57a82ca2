//! What each role of the trade template may do, as a table that is read before it is changed.
use std::fmt::Write as _;

use kontor_definitions::{
    Catalog, Entity,
    catalog::{EntityRights, Role},
    model::role::{FieldRight, Scope},
};

use crate::harness::{cases::golden, database::Database, instance::Instance};

#[test]
fn of_the_trade_template() {
    let instance = Instance::with_trade(&Database::sqlite());
    golden("rights/trade.md", &matrix(&instance.tenant().snapshot().catalog));
}

fn matrix(catalog: &Catalog) -> String {
    let mut text = String::from("# Rights of the trade template\n");
    let mut roles: Vec<_> = catalog.roles.values().filter(|role| role.app == "trade").collect();
    roles.sort_by(|left, right| left.name.cmp(&right.name));
    for role in roles {
        write!(text, "\n## {}\n\n| entity | create | read | update | delete | export | actions | where | fields |\n", role.name)
            .unwrap();
        text.push_str("|---|---|---|---|---|---|---|---|---|\n");
        for entity in catalog.entities.values() {
            if let Some(rights) = role.entities.get(&entity.id) {
                row(&mut text, role, entity, rights);
            }
        }
    }
    text
}

fn row(text: &mut String, role: &Role, entity: &Entity, rights: &EntityRights) {
    let yes = |granted: bool| if granted { "yes" } else { "" };
    let scope = |scope: Scope| match scope {
        Scope::None => "",
        Scope::Own => "own",
        Scope::Department => "department",
        Scope::DepartmentBelow => "department and below",
        Scope::All => "all",
    };
    assert!(!role.administrator, "the template leaves administration to base");
    writeln!(
        text,
        "| {} | {} | {} | {} | {} | {} | {} | {} | {} |",
        entity.full_name(),
        yes(rights.create),
        scope(rights.read),
        scope(rights.update),
        scope(rights.delete),
        yes(rights.export),
        rights.actions.join(", "),
        yes(rights.condition.is_some()),
        fields(entity, rights),
    )
    .unwrap();
}

/// The fields by right; the right that most fields have stands for "the others".
fn fields(entity: &Entity, rights: &EntityRights) -> String {
    let named = |wanted: FieldRight| -> Vec<&str> {
        let own = entity.fields.iter().filter(|field| !field.id.0.is_system());
        own.filter(|field| rights.fields.get(&field.id) == Some(&wanted)).map(|field| field.name.as_str()).collect()
    };
    let mut groups =
        [("hidden", named(FieldRight::None)), ("read", named(FieldRight::Read)), ("write", named(FieldRight::Write))];
    groups.sort_by_key(|(_, names)| names.len());
    let [few, some, most] = groups;
    let listed = [few, some].into_iter().filter(|(_, names)| !names.is_empty());
    let mut parts: Vec<String> = listed.map(|(right, names)| format!("{right}: {}", names.join(", "))).collect();
    parts.push(if parts.is_empty() { most.0.to_owned() } else { format!("the others: {}", most.0) });
    parts.join("; ")
}
