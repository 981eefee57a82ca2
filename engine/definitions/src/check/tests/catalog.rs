//! What the catalogue says of a healthy app: classes, order of computing, rights, system fields.
use super::cases::{folder, repository, with_base};
use crate::{
    catalog::{Catalog, CurrencyOf, Entity, FieldClass, FieldType},
    id::FieldId,
    model::role::{FieldRight, Scope},
};

fn healthy() -> Catalog {
    with_base("healthy", &folder(&repository().join("tests/cases/check/healthy"))).catalog.unwrap()
}

fn class(entity: &Entity, name: &str) -> FieldClass {
    entity.field_named(name).unwrap().class
}

#[test]
fn derived_fields_are_classed_and_ordered() {
    let catalog = healthy();
    let thing = catalog.entity_named("healthy.thing").unwrap();
    let line = catalog.entity_named("healthy.line").unwrap();
    let total = catalog.entity_named("healthy.total").unwrap();
    for name in ["formula", "share", "count", "copied", "rollup", "gross"] {
        assert_eq!(class(thing, name), FieldClass::Row, "{name}");
    }
    for (entity, name) in [(thing, "lookup"), (line, "currency"), (line, "live")] {
        assert_eq!(class(entity, name), FieldClass::Live, "{name}");
        assert!(entity.field_named(name).unwrap().column().is_none());
    }
    assert_eq!(class(total, "uses"), FieldClass::Rollup);
    assert!(total.field_named("uses").unwrap().column().is_some());
    assert_eq!(class(thing, "text"), FieldClass::Input);
    let order: Vec<&str> = thing.compute_order.iter().map(|place| thing.fields[*place].name.as_str()).collect();
    let place = |name| order.iter().position(|other| *other == name).unwrap();
    assert!(place("rollup") < place("gross"), "{order:?}");
    assert_eq!(order.len(), 6);
}

#[test]
fn entities_have_their_system_fields() {
    let catalog = healthy();
    let thing = catalog.entity_named("healthy.thing").unwrap();
    let line = catalog.entity_named("healthy.line").unwrap();
    let user = catalog.entity_named("base.user").unwrap().id;
    for (id, name) in [(FieldId::OWNER, "owner"), (FieldId::DEPARTMENT, "department"), (FieldId::ARCHIVED_AT, "archived_at")] {
        let field = thing.field(id).unwrap();
        assert_eq!(field.name, name);
        assert!(field.system && field.title.get("zh-CN").is_some());
        assert!(line.field(id).is_none());
    }
    assert_eq!(thing.field(FieldId::CREATED_BY).unwrap().ty.reference(), Some(user));
    assert_eq!(line.field(FieldId::PARENT).unwrap().ty.reference(), Some(thing.id));
    assert_eq!(line.parent, Some((thing.id, thing.field_named("lines").unwrap().id)));
    assert!(thing.field_named("old").is_none(), "retired fields are left out");
    let rollup = &thing.field_named("rollup").unwrap().ty;
    let currency = CurrencyOf::Field(thing.field_named("currency").unwrap().id);
    assert!(matches!(rollup.result(), FieldType::Money { currency: of, .. } if *of == currency), "{rollup:?}");
}

#[test]
fn roles_are_spread_out() {
    let catalog = healthy();
    let role = |name: &str| catalog.roles.values().find(|role| role.name == name).unwrap();
    let thing = catalog.entity_named("healthy.thing").unwrap();
    let clerk = &role("clerk").entities[&thing.id];
    assert_eq!((clerk.read, clerk.update, clerk.delete), (Scope::DepartmentBelow, Scope::Own, Scope::None));
    assert_eq!(clerk.fields[&thing.field_named("secret").unwrap().id], FieldRight::None);
    assert_eq!(clerk.fields[&thing.field_named("text").unwrap().id], FieldRight::Write);
    assert!(clerk.condition.is_some());
    let chief = role("chief");
    assert_eq!(chief.title.get("en"), Some("Chief"), "filled from the translations");
    assert_eq!(chief.entities[&thing.id].actions, ["cancel", "close"]);
    assert!(chief.entities.keys().all(|id| catalog.entities[id].app == "healthy"));
    let administrator = role("administrator");
    assert_eq!(administrator.entities.len(), catalog.entities.len());
    assert_eq!(administrator.entities[&thing.id].actions, ["cancel", "close"]);
}
