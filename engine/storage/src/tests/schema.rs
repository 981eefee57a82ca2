//! Plans: what they hold, that applying them ends where the definitions want to be, and that nothing is lost on the way.
use kontor_definitions::{Catalog, Entity, FieldId, catalog::FieldClass};

use super::{
    catalog::{catalog, customer, decimal, entity_id, field, field_id, line, order, reference, shop, text},
    on_both, tenant_id,
};
use crate::{
    bind::Bind,
    error::StorageError,
    schema::{Physical, PlanAction, PlanError, plan},
    store::Queue,
    tenant::TenantDb,
};

fn publish(tenant: &TenantDb, catalog: &Catalog) -> Physical {
    let catalog = catalog.clone();
    let published = tenant.write_blocking(Queue::Interactive, move |tx| -> Result<Physical, StorageError> {
        let before = tx.physical()?;
        let mut plan = plan(&before, &catalog)?;
        tx.measure(&before, &mut plan)?;
        let after = tx.apply(&plan)?;
        assert_eq!(after, tx.physical()?);
        assert_eq!(crate::schema::plan(&after, &catalog).unwrap().steps, []);
        Ok(after)
    });
    published.unwrap()
}

fn without(mut entity: Entity, id: FieldId) -> Entity {
    entity.fields.retain(|field| field.id != id);
    entity.unique.retain(|fields| !fields.contains(&id));
    entity
}

fn texts(physical: &Physical, catalog: &Catalog) -> Vec<String> {
    plan(physical, catalog).unwrap().steps.iter().map(ToString::to_string).collect()
}

#[test]
fn tables_come_change_go_and_come_back_with_their_values() {
    on_both(|store| {
        let tenant = store.create_tenant(tenant_id("tenant01")).unwrap();
        let first = publish(&tenant, &shop());
        assert_eq!(first.version, 1);
        let id = uuid::Uuid::from_u128(1);
        let insert = "INSERT INTO {t}customer_custom00 (id, name_cusname0, code_cuscode0) VALUES (?1, ?2, ?3)";
        let rows = tenant.write_blocking(Queue::Interactive, move |tx| {
            tx.execute(insert, &[Bind::id(id), Bind::text("环球贸易"), Bind::text("A1")])
        });
        assert_eq!(rows.unwrap(), 1);
        let twice = tenant.write_blocking(Queue::Interactive, move |tx| {
            tx.execute(insert, &[Bind::id(uuid::Uuid::from_u128(2)), Bind::text("x"), Bind::text("A1")])
        });
        assert!(matches!(twice, Err(StorageError::Unique { .. })));

        let mut grown = without(customer(), field_id("cuscode0"));
        grown.fields.push(field(field_id("cusnew00"), "rating", decimal(1)));
        grown.fields.push(field(field_id("cusnew01"), "seller", reference("custom00")));
        let smaller = catalog(vec![grown, order(), line()]);
        let mut counted = plan(&first, &smaller).unwrap();
        let counting = first.clone();
        let counted = tenant.read_blocking(move |tx| tx.measure(&counting, &mut counted).map(|()| counted)).unwrap();
        let lost: Vec<u64> = counted.steps.iter().map(|step| step.data_lost).collect();
        assert_eq!(
            counted.steps.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [
                "add rating to shop.customer",
                "add seller to shop.customer",
                "drop an index of shop.customer",
                "retire code of shop.customer: 1 record(s) hold a value; restoring an older revision brings them back",
                "build an index of shop.customer over 1 record(s)",
            ]
        );
        assert_eq!(lost, [0, 0, 0, 1, 0]);
        let second = publish(&tenant, &smaller);
        assert!(second.tables[&entity_id("custom00")].columns[&field_id("cuscode0")].retired);

        let third = publish(&tenant, &catalog(vec![customer()]));
        assert!(third.tables[&entity_id("order000")].retired);
        let code = tenant.read_blocking(|tx| {
            tx.query("SELECT code_cuscode0 FROM {t}customer_custom00", &[], &[kontor_definitions::ColumnType::Text])
        });
        assert_eq!(code.unwrap(), [[kontor_definitions::Value::Text("A1".to_owned())]]);
        assert_eq!(
            texts(&third, &shop()),
            ["bring back shop.order with its 0 record(s)", "bring back shop.order_line with its 0 record(s)"]
        );
        assert_eq!(publish(&tenant, &shop()).version, 4);
    });
}

#[test]
fn a_type_that_would_need_conversion_is_refused_by_name() {
    on_both(|store| {
        let tenant = store.create_tenant(tenant_id("tenant01")).unwrap();
        let physical = publish(&tenant, &shop());
        let mut changed = customer();
        changed.fields.iter_mut().filter(|field| field.name == "name").for_each(|field| field.ty = reference("custom00"));
        let refused = plan(&physical, &catalog(vec![changed, order(), line()]));
        let StorageError::Plan(PlanError::TypeChange { entity, field: name, .. }) = refused.unwrap_err() else {
            panic!("another error");
        };
        assert_eq!((entity.as_str(), name.as_str()), ("shop.customer", "name"));
        // Long text is stored as text is: nothing to do.
        let mut same = customer();
        same.fields.iter_mut().filter(|field| field.name == "name").for_each(|field| {
            field.ty = kontor_definitions::FieldType::LongText { rich: false };
            field.name = "title".to_owned();
        });
        assert_eq!(texts(&physical, &catalog(vec![same, order(), line()])), Vec::<String>::new());
    });
}

#[test]
fn a_new_stored_formula_is_computed_for_rows_that_are_there() {
    on_both(|store| {
        let tenant = store.create_tenant(tenant_id("tenant01")).unwrap();
        let physical = publish(&tenant, &shop());
        let mut changed = customer();
        let mut derived = field(field_id("cusderiv"), "derived", text());
        derived.class = FieldClass::Row;
        changed.fields.push(derived);
        let plan = plan(&physical, &catalog(vec![changed, order(), line()])).unwrap();
        assert_eq!(plan.steps.last().unwrap().action, PlanAction::Backfill);
    });
}
