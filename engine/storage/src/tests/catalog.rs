//! A small catalog made by hand: customers, their contacts' country, orders with lines.
use std::{collections::HashMap, sync::Arc};

use kontor_definitions::{
    Catalog, Entity, EntityId, Field, FieldId, FieldType, LocalText,
    catalog::{FieldClass, NumberFormat, Requirement, TextFormat},
    model::field::OnDelete,
};

pub(crate) fn entity_id(text: &str) -> EntityId {
    EntityId(text.parse().expect("eight characters"))
}

pub(crate) fn field_id(text: &str) -> FieldId {
    FieldId(text.parse().expect("eight characters"))
}

pub(crate) fn field(id: FieldId, name: &str, ty: FieldType) -> Field {
    Field {
        id,
        name: name.to_owned(),
        title: LocalText::default(),
        ty,
        required: Requirement::No,
        default: None,
        unique: false,
        searchable: false,
        sensitive: false,
        translatable: false,
        minimum: None,
        maximum: None,
        system: id.0.is_system(),
        class: FieldClass::Input,
    }
}

pub(crate) fn text() -> FieldType {
    FieldType::Text { format: TextFormat::Plain, max_length: 200 }
}

pub(crate) fn decimal(scale: u8) -> FieldType {
    FieldType::Decimal { format: NumberFormat::Plain, precision: 18, scale, unit_field: None }
}

pub(crate) fn whole() -> FieldType {
    FieldType::Integer { rating: None }
}

pub(crate) fn reference(entity: &str) -> FieldType {
    FieldType::Reference { entity: entity_id(entity), on_delete: OnDelete::Restrict }
}

pub(crate) fn entity(id: &str, name: &str, parent: Option<(EntityId, FieldId)>, own: Vec<Field>) -> Entity {
    let id = entity_id(id);
    let mut fields = vec![
        field(FieldId::ID, "id", FieldType::Reference { entity: id, on_delete: OnDelete::Restrict }),
        field(FieldId::REVISION, "revision", whole()),
        field(FieldId::CREATED_AT, "created_at", FieldType::DateTime),
    ];
    match parent {
        Some((parent, _)) => {
            fields.push(field(FieldId::PARENT, "parent", FieldType::Reference { entity: parent, on_delete: OnDelete::Restrict }));
            fields.push(field(FieldId::POSITION, "position", whole()));
        }
        None => {
            fields.push(field(FieldId::OWNER, "owner", FieldType::Reference { entity: id, on_delete: OnDelete::Restrict }));
            fields.push(field(FieldId::ARCHIVED_AT, "archived_at", FieldType::DateTime));
        }
    }
    fields.extend(own);
    let unique = fields.iter().filter(|field| field.unique).map(|field| vec![field.id]).collect();
    let mut entity = Entity {
        id,
        app: "shop".to_owned(),
        name: name.to_owned(),
        title: LocalText::default(),
        label: FieldId::ID,
        fields,
        unique,
        indexes: Vec::new(),
        owner: parent.is_none(),
        department: false,
        track: true,
        append_only: false,
        parent,
        aspects: Vec::new(),
        duplicates: Vec::new(),
        compute_order: Vec::new(),
        positions: HashMap::new(),
        names: HashMap::new(),
    };
    index(&mut entity);
    entity
}

/// Fills in what is looked up by id and name.
fn index(entity: &mut Entity) {
    entity.positions = entity.fields.iter().enumerate().map(|(place, field)| (field.id, place)).collect();
    entity.names = entity.fields.iter().enumerate().map(|(place, field)| (field.name.clone(), place)).collect();
}

pub(crate) fn catalog(entities: Vec<Entity>) -> Catalog {
    let mut catalog = Catalog::default();
    for mut entity in entities {
        index(&mut entity);
        catalog.entity_names.insert(entity.full_name(), entity.id);
        catalog.entities.insert(entity.id, Arc::new(entity));
    }
    catalog
}

pub(crate) fn customer() -> Entity {
    let mut code = field(field_id("cuscode0"), "code", text());
    code.unique = true;
    entity(
        "custom00",
        "customer",
        None,
        vec![
            field(field_id("cusname0"), "name", text()),
            code,
            field(field_id("cusland0"), "country", text()),
            field(field_id("cuslimit"), "credit_limit", decimal(2)),
            field(field_id("cusparen"), "mother", reference("custom00")),
        ],
    )
}

pub(crate) fn order() -> Entity {
    entity(
        "order000",
        "order",
        None,
        vec![
            field(field_id("ordernum"), "number", text()),
            field(field_id("ordercus"), "customer", reference("custom00")),
            field(field_id("ordertot"), "total", decimal(2)),
            field(field_id("ordercos"), "cost", decimal(4)),
            field(field_id("orderday"), "day", FieldType::Date),
            field(
                field_id("orderlin"),
                "lines",
                FieldType::Lines { entity: entity_id("line0000"), min: 0, max: 100, links: None },
            ),
        ],
    )
}

pub(crate) fn line() -> Entity {
    entity(
        "line0000",
        "order_line",
        Some((entity_id("order000"), field_id("orderlin"))),
        vec![field(field_id("lineqty0"), "qty", decimal(4)), field(field_id("lineprc0"), "price", decimal(6))],
    )
}

pub(crate) fn shop() -> Catalog {
    catalog(vec![order(), line(), customer()])
}
