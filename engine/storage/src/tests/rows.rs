//! Business rows on both databases: every column type comes back, pages make up the whole, permits hold on every way out
//! (long because the cases share one shop and one person).
use std::{collections::HashMap, sync::Arc};

use kontor_access::{Action, Actor, Permit, Rights};
use kontor_definitions::{
    Catalog, ColumnType, EntityId, FieldId, LocalText, RecordId, RoleId, Value,
    catalog::{EntityRights, Field, FieldClass, FieldType, JsonFormat, Role},
    expr::{Aggregate, CatalogNames, Expr, compile},
    model::{
        field::RollupFunction,
        role::{FieldRight, Scope},
    },
};
use proptest::{prelude::*, strategy::ValueTree as _, test_runner::TestRunner};
use rust_decimal::Decimal;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::{
    catalog::{catalog, customer, decimal, entity, entity_id, field, field_id, line, order, text},
    on_both, tenant_id,
};
use crate::{
    Aggregation, Archived, Context, Group, Measure, Physical, Query, Sort, StorageError, TenantDb,
    schema::plan,
    store::{Queue, Store},
    tx::Tx,
};

/// A tenant with its tables.
struct Shop {
    catalog: Catalog,
    physical: Physical,
    definer: Rights,
}

impl Shop {
    fn context<'a>(&'a self, rights: &'a Rights) -> Context<'a> {
        let now = OffsetDateTime::UNIX_EPOCH;
        Context {
            catalog: &self.catalog,
            physical: &self.physical,
            rights,
            now,
            today: now.date(),
            company: &crate::query::NO_COMPANY,
            locale: None,
        }
    }

    fn permit(&self, entity: EntityId) -> &Permit {
        self.definer.permit(Action::Read, entity).unwrap()
    }

    fn insert(&self, tx: &mut Tx, entity: EntityId, values: &[(FieldId, Value)]) -> Result<(), StorageError> {
        tx.insert(self.context(&self.definer), self.permit(entity), entity, values)
    }
}

fn shop(store: &Store, catalog: Catalog) -> (TenantDb, Arc<Shop>) {
    let tenant = store.create_tenant(tenant_id("tenant01")).unwrap();
    let planned = plan(&Physical::default(), &catalog).unwrap();
    let physical = tenant.write_blocking(Queue::Interactive, move |tx| tx.apply(&planned)).unwrap();
    let definer = Rights::definer(&catalog);
    (tenant, Arc::new(Shop { catalog, physical, definer }))
}

fn id(number: u128) -> Value {
    Value::Id(Uuid::from_u128(number))
}

fn number(text: &str) -> Value {
    Value::Number(text.parse().unwrap())
}

fn word(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn query(entity: EntityId, columns: &[&[FieldId]]) -> Query {
    Query {
        entity,
        columns: columns.iter().map(|path| path.to_vec()).collect(),
        filter: None,
        sort: Vec::new(),
        after: None,
        limit: 1000,
        archived: Archived::Without,
    }
}

fn column_types() -> Vec<(FieldId, FieldType)> {
    vec![
        (field_id("typetext"), text()),
        (field_id("typewhol"), FieldType::Integer { rating: None }),
        (field_id("typedec0"), decimal(0)),
        (field_id("typedec2"), decimal(2)),
        (field_id("typedec9"), decimal(12)),
        (field_id("typebool"), FieldType::Boolean),
        (field_id("typedate"), FieldType::Date),
        (field_id("typetime"), FieldType::Time),
        (field_id("typeinst"), FieldType::DateTime),
        (field_id("typeuuid"), super::catalog::reference("types000")),
        (field_id("typelist"), FieldType::Choices { options: Vec::new() }),
        (field_id("typejson"), FieldType::Json(JsonFormat::Any)),
    ]
}

fn digits(scale: u32) -> impl Strategy<Value = Value> {
    (-999_999_999_999_999_999_i64..=999_999_999_999_999_999).prop_map(move |whole| Value::Number(Decimal::new(whole, scale)))
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i32>().prop_map(serde_json::Value::from),
        "[^\u{0}]{0,8}".prop_map(serde_json::Value::from),
    ];
    let tree = leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            prop::collection::btree_map("[^\u{0}]{0,4}", inner, 0..4)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    });
    tree.prop_map(|json| Value::Json(Box::new(json)))
}

fn row() -> impl Strategy<Value = Vec<Value>> {
    let texts = prop::collection::vec("[^\u{0}]{0,6}".prop_map(Value::Text), 0..4);
    let values: Vec<BoxedStrategy<Value>> = vec![
        "[^\u{0}]{0,20}".prop_map(Value::Text).boxed(),
        any::<i64>().prop_map(|whole| Value::Number(whole.into())).boxed(),
        digits(0).boxed(),
        digits(2).boxed(),
        digits(12).boxed(),
        any::<bool>().prop_map(Value::Bool).boxed(),
        (1_721_426_i32..5_373_484).prop_map(|day| Value::Date(Date::from_julian_day(day).unwrap())).boxed(),
        (0_u8..24, 0_u8..60, 0_u8..60).prop_map(|(h, m, s)| Value::Time(time::Time::from_hms(h, m, s).unwrap())).boxed(),
        (-62_135_596_800_000_000_i64..253_402_300_799_999_999)
            .prop_map(|at| Value::Instant(OffsetDateTime::from_unix_timestamp_nanos(i128::from(at) * 1000).unwrap()))
            .boxed(),
        Just(Value::Null).boxed(),
        texts.prop_map(Value::List).boxed(),
        json().boxed(),
    ];
    values.into_iter().map(|value| prop_oneof![9 => value, 1 => Just(Value::Null)].boxed()).collect::<Vec<_>>()
}

/// `null` inside a json column is no value either.
fn stored(value: &Value) -> Value {
    match value {
        Value::Json(json) if json.is_array() => Value::Json(Box::new(crate::value::sorted((**json).clone()))),
        other => other.clone(),
    }
}

#[test]
fn every_column_type_comes_back_as_it_went_in() {
    on_both(|store| {
        let fields: Vec<Field> = column_types()
            .into_iter()
            .map(|(id, ty)| {
                let name = id.0.as_str().to_owned();
                field(id, &name, ty)
            })
            .collect();
        let types = entity_id("types000");
        let (tenant, shop) = shop(store, catalog(vec![entity("types000", "types", None, fields)]));
        let mut runner = TestRunner::deterministic();
        let rows: Vec<Vec<Value>> = (0..200).map(|_| row().new_tree(&mut runner).unwrap().current()).collect();
        let expected: Vec<Vec<Value>> = rows.iter().map(|row| row.iter().map(stored).collect()).collect();
        let found = tenant.write_blocking(Queue::Interactive, move |tx| -> Result<_, StorageError> {
            for (place, row) in (1_u128..).zip(&rows) {
                let mut values = vec![(FieldId::ID, id(place))];
                values.extend(column_types().into_iter().map(|(id, _)| id).zip(row.iter().cloned()));
                shop.insert(tx, types, &values)?;
            }
            let paths: Vec<Vec<FieldId>> = column_types().into_iter().map(|(id, _)| vec![id]).collect();
            let asked = Query { columns: paths, ..query(types, &[]) };
            tx.select(shop.context(&shop.definer), shop.permit(types), &asked)
        });
        for (found, expected) in found.unwrap().iter().zip(&expected) {
            assert_eq!(found, expected, "on {:?}", store.dialect());
        }
    });
}

fn filled(shop: &Shop, tx: &mut Tx) -> Result<(), StorageError> {
    let (customers, orders, lines) = (entity_id("custom00"), entity_id("order000"), entity_id("line0000"));
    for (number, name, country, owner) in [(1, "甲公司", Some("CN"), 91), (2, "Beta", Some("DE"), 92), (3, "Gamma", None, 91)]
    {
        let country = country.map_or(Value::Null, word);
        shop.insert(
            tx,
            customers,
            &[
                (FieldId::ID, id(number)),
                (FieldId::OWNER, id(owner)),
                (field_id("cusname0"), word(name)),
                (field_id("cusland0"), country),
            ],
        )?;
    }
    for place in 0..60_u128 {
        let customer = if place % 4 == 3 { Value::Null } else { id(place % 4 + 1) };
        let total = if place % 5 == 4 { Value::Null } else { Value::Number(Decimal::new((place % 7) as i64 * 1005, 2)) };
        shop.insert(
            tx,
            orders,
            &[
                (FieldId::ID, id(1000 + (place * 37) % 60)),
                (FieldId::OWNER, id(91 + place % 2)),
                (field_id("ordernum"), word(&format!("SO-{place:04}"))),
                (field_id("ordercus"), customer),
                (field_id("ordertot"), total),
                (field_id("ordercos"), number("7.5")),
            ],
        )?;
    }
    for place in 0..3_u128 {
        shop.insert(
            tx,
            lines,
            &[
                (FieldId::ID, id(5000 + place)),
                (FieldId::PARENT, id(1000)),
                (FieldId::POSITION, Value::Number(Decimal::from(2 - place))),
                (field_id("lineqty0"), number("2.5")),
                (field_id("lineprc0"), number("0.333333")),
            ],
        )?;
    }
    Ok(())
}

#[test]
fn pages_make_up_the_whole_in_the_same_order_on_both() {
    let seen = std::sync::Mutex::new(Vec::new());
    on_both(|store| {
        let (tenant, shop) = shop(store, super::catalog::shop());
        let orders = entity_id("order000");
        let order_of_all = tenant.write_blocking(Queue::Interactive, move |tx| -> Result<_, StorageError> {
            filled(&shop, tx)?;
            let mut all = Vec::new();
            let name = vec![field_id("ordercus"), field_id("cusname0")];
            let sorts: [Vec<(Vec<FieldId>, bool)>; 5] = [
                vec![],
                vec![(vec![field_id("ordertot")], false)],
                vec![(vec![field_id("ordertot")], true), (vec![field_id("ordernum")], true)],
                vec![(name.clone(), false), (vec![field_id("ordertot")], true)],
                vec![(name, true), (vec![FieldId::ID], true)],
            ];
            for sort in sorts {
                let sort: Vec<Sort> = sort.into_iter().map(|(path, descending)| Sort { path, descending }).collect();
                let mut columns: Vec<Vec<FieldId>> = sort.iter().map(|key| key.path.clone()).collect();
                if columns.last() != Some(&vec![FieldId::ID]) {
                    columns.push(vec![FieldId::ID]);
                }
                let whole = Query { columns, sort, ..query(orders, &[]) };
                let context = shop.context(&shop.definer);
                let rows = tx.select(context, shop.permit(orders), &whole)?;
                let mut pages = Vec::new();
                loop {
                    let page = Query { after: pages.last().cloned(), limit: 7, ..whole.clone() };
                    let page = tx.select(context, shop.permit(orders), &page)?;
                    if page.is_empty() {
                        break;
                    }
                    pages.extend(page);
                }
                assert_eq!(rows.len(), 60);
                assert_eq!(pages, rows);
                assert_eq!(tx.count(context, shop.permit(orders), &whole)?, 60);
                all.push(rows);
            }
            Ok(all)
        });
        seen.lock().unwrap().push(order_of_all.unwrap());
    });
    let seen = seen.into_inner().unwrap();
    assert_eq!(seen[0], seen[1]);
}

/// The entity, whose rows, which of them, and the fields.
type Granted<'t> = (&'t str, Scope, Option<Arc<Expr>>, Vec<(&'t str, FieldRight)>);

fn role(name: &str, entities: Vec<Granted<'_>>) -> Role {
    let rights = |(entity, scope, condition, fields): Granted<'_>| {
        let fields: HashMap<FieldId, FieldRight> = fields.into_iter().map(|(id, right)| (field_id(id), right)).collect();
        let rights = EntityRights {
            create: true,
            read: scope,
            update: scope,
            delete: scope,
            purge: false,
            export: false,
            actions: Vec::new(),
            condition,
            fields,
        };
        (entity_id(entity), rights)
    };
    Role {
        id: RoleId(name.parse().unwrap()),
        app: "shop".to_owned(),
        name: name.to_owned(),
        title: LocalText::default(),
        administrator: false,
        entities: entities.into_iter().map(rights).collect(),
    }
}

/// Two roles on one person: `allread0` sees every order without its cost, `ownread0` the cost of their own orders to Germany.
fn person(catalog: &mut Catalog) -> Rights {
    let names = CatalogNames { catalog, entity: entity_id("order000"), params: &[], readable: &|_, _| true };
    let german = Arc::new(compile("customer.country == \"DE\"", &names, None).unwrap());
    let read = FieldRight::Read;
    let plain = vec![("ordernum", read), ("ordercus", read), ("ordertot", read), ("orderlin", read)];
    let with_cost = [plain.clone(), vec![("ordercos", read)]].concat();
    // Of lines too only the second role shows the price.
    let (line, prices) = (vec![("lineqty0", read)], vec![("lineqty0", read), ("lineprc0", read)]);
    let names = vec![("cusname0", read), ("cusland0", read)];
    let roles = [
        role(
            "allread0",
            vec![
                ("order000", Scope::All, None, plain),
                ("line0000", Scope::All, None, line),
                ("custom00", Scope::Own, None, names),
            ],
        ),
        role("ownread0", vec![("order000", Scope::Own, Some(german), with_cost), ("line0000", Scope::All, None, prices)]),
    ];
    for role in roles {
        catalog.roles.insert(role.id, Arc::new(role));
    }
    let roles = catalog.roles.keys().copied().collect();
    Rights::of(
        catalog,
        Actor { user: RecordId(Uuid::from_u128(92)), name: "Li".to_owned(), department: None, below: Vec::new(), roles },
    )
}

/// Id, owner and customer of every order.
fn rows_of(shop: &Shop, tx: &mut Tx) -> Result<Vec<Vec<Value>>, StorageError> {
    let orders = entity_id("order000");
    let asked = query(orders, &[&[FieldId::ID], &[FieldId::OWNER], &[field_id("ordercus")]]);
    tx.select(shop.context(&shop.definer), shop.permit(orders), &asked)
}

/// An order of the person's own to Germany.
fn german_order(rows: &[Vec<Value>]) -> u128 {
    let found = rows.iter().find(|row| row[1] == id(92) && row[2] == id(2)).unwrap();
    if let Value::Id(id) = found[0] { id.as_u128() } else { panic!("an id") }
}

#[test]
fn a_field_that_only_one_of_two_roles_shows_is_null_elsewhere_on_every_way_out() {
    on_both(|store| {
        let mut catalog = super::catalog::shop();
        let rights = person(&mut catalog);
        let (tenant, shop) = shop(store, catalog);
        let done = tenant.write_blocking(Queue::Interactive, move |tx| -> Result<(), StorageError> {
            filled(&shop, tx)?;
            let orders = entity_id("order000");
            let (context, permit) = (shop.context(&rights), rights.permit(Action::Read, orders).unwrap());
            let (cost, customer, owner) = (field_id("ordercos"), field_id("ordercus"), FieldId::OWNER);
            let all = query(orders, &[&[cost], &[owner], &[customer], &[customer, field_id("cusname0")]]);
            let rows = tx.select(context, permit, &all)?;
            assert_eq!(rows.len(), 60);
            for row in &rows {
                // Own and to Germany (customer 2): the cost is there. Customers of others have no name.
                let shown = row[1] == id(92) && row[2] == id(2);
                assert_eq!(row[0], if shown { number("7.5") } else { Value::Null });
                assert_eq!(row[3], if row[2] == id(2) { word("Beta") } else { Value::Null });
            }
            let visible = rows.iter().filter(|row| !row[0].is_null()).count();
            assert!((1..60).contains(&visible));
            // Filter, sort, group and sum see the same nulls.
            let names = CatalogNames { catalog: &shop.catalog, entity: orders, params: &[], readable: &|_, _| true };
            let filter = |text: &str| Some(Arc::new(compile(text, &names, None).unwrap()));
            let found = |tx: &mut Tx, text: &str| tx.count(context, permit, &Query { filter: filter(text), ..all.clone() });
            assert_eq!(found(tx, "cost > 0")?, visible as u64);
            assert_eq!(found(tx, "!(cost > 0)")?, 60 - visible as u64);
            assert_eq!(found(tx, "customer.name == \"甲公司\"")?, 0);
            assert_eq!(found(tx, "customer.name == \"Beta\"")?, 15);
            let sort = vec![Sort { path: vec![cost], descending: false }];
            let sorted = tx.select(context, permit, &Query { sort, ..all.clone() })?;
            assert!(sorted.iter().take(60 - visible).all(|row| row[0].is_null()));
            let groups = Aggregation {
                entity: orders,
                group: vec![Group { path: vec![cost], bucket: None }],
                measures: vec![
                    Measure { function: Aggregate::Count, distinct: false, path: None },
                    Measure { function: Aggregate::Sum, distinct: false, path: Some(vec![cost]) },
                ],
                filter: None,
                having: None,
                sort: Vec::new(),
                archived: Archived::Without,
                limit: 10,
                zone: "Asia/Shanghai".to_owned(),
            };
            let grouped = tx.aggregate(context, permit, &groups)?;
            let count = |count: usize| Value::Number(Decimal::from(count));
            let sum = Value::Number(Decimal::from(visible) * "7.5".parse::<Decimal>().unwrap());
            assert_eq!(grouped, [vec![Value::Null, count(60 - visible), count(0)], vec![number("7.5"), count(visible), sum],]);
            // Lines: of the orders that both roles reach the price is there, of all others it is not.
            let lines = entity_id("line0000");
            let permit_of_lines = rights.permit(Action::Read, lines).unwrap();
            for (order, shown) in [(1000, false), (german_order(&rows_of(&shop, tx)?), true)] {
                let line = [
                    (FieldId::ID, id(order + 7000)),
                    (FieldId::PARENT, id(order)),
                    (FieldId::POSITION, number("9")),
                    (field_id("lineqty0"), number("1")),
                    (field_id("lineprc0"), number("4")),
                ];
                shop.insert(tx, lines, &line)?;
                let columns = [vec![field_id("lineqty0")], vec![field_id("lineprc0")]];
                let found = tx.lines(context, permit_of_lines, lines, &[RecordId(Uuid::from_u128(order))], &columns)?;
                let last = found.last().unwrap();
                assert_eq!(last[1..], [number("1"), if shown { number("4") } else { Value::Null }]);
            }
            let priced = tx.count(context, permit, &Query { filter: filter("lines.any(|l| l.price > 0)"), ..all.clone() })?;
            assert_eq!(priced, 1);
            // What no role shows cannot be asked for at all; the caller has refused it before.
            let hidden = tx.select(context, permit, &query(orders, &[&[field_id("orderday")]]));
            assert!(matches!(hidden, Err(StorageError::Bug(_))));
            Ok(())
        });
        done.unwrap();
    });
}

#[test]
fn rows_out_of_reach_are_neither_changed_nor_locked_nor_deleted() {
    on_both(|store| {
        let mut catalog = super::catalog::shop();
        let rights = person(&mut catalog);
        let (tenant, shop) = shop(store, catalog);
        let done = tenant.write_blocking(Queue::Interactive, move |tx| -> Result<(), StorageError> {
            filled(&shop, tx)?;
            let customers = entity_id("custom00");
            let (context, permit) = (shop.context(&rights), rights.permit(Action::Update, customers).unwrap());
            let change = [(field_id("cusname0"), word("新名"))];
            for (number, reached) in [(1, false), (2, true), (9, false)] {
                let record = RecordId(Uuid::from_u128(number));
                assert_eq!(tx.lock(context, permit, customers, record)?, reached);
                assert_eq!(tx.permits(context, permit, customers, record)?, reached);
                assert_eq!(tx.update(context, permit, customers, record, &change)?, reached);
            }
            let definer = shop.context(&shop.definer);
            let duplicate = |tx: &mut Tx, except| tx.find_duplicate(definer, customers, &change, except);
            let two = RecordId(Uuid::from_u128(2));
            assert_eq!(duplicate(tx, None)?, Some(two));
            assert_eq!(duplicate(tx, Some(two))?, None);
            let one = RecordId(Uuid::from_u128(1));
            assert!(!tx.delete(context, permit, customers, one)?);
            let restricted = tx.attempt(|tx| tx.delete(definer, shop.permit(customers), customers, one));
            assert!(matches!(restricted, Err(StorageError::ForeignKey { .. })), "{restricted:?}");
            let code = [(FieldId::ID, id(77)), (field_id("cuscode0"), word("A"))];
            shop.insert(tx, customers, &code)?;
            let again = [(FieldId::ID, id(78)), (field_id("cuscode0"), word("A"))];
            let Err(StorageError::Unique { constraint }) = tx.attempt(|tx| shop.insert(tx, customers, &again)) else {
                panic!("the code is there already");
            };
            let fields = shop.physical.unique_fields(&constraint).map(|(_, fields)| fields.to_vec());
            assert_eq!(fields, Some(vec![field_id("cuscode0")]));
            Ok(())
        });
        done.unwrap();
    });
}

#[test]
fn lines_come_in_order_and_live_fields_are_computed_when_read() {
    on_both(|store| {
        let mut with_live = customer();
        let mut names = super::catalog::shop();
        let compiled = |catalog: &Catalog, entity: &str, text: &str| {
            let names = CatalogNames { catalog, entity: entity_id(entity), params: &[], readable: &|_, _| true };
            Arc::new(compile(text, &names, None).unwrap())
        };
        let mut bought = field(
            field_id("cusbough"),
            "bought",
            FieldType::Rollup {
                lines: field_id("ordercus"),
                of: Some(entity_id("order000")),
                function: RollupFunction::Sum,
                field: Some(field_id("ordertot")),
                filter: Some(compiled(&names, "order000", "total > 10")),
                result: Box::new(decimal(2)),
            },
        );
        bought.class = FieldClass::Live;
        with_live.fields.push(bought);
        let mut with_value = order();
        let mut value = field(
            field_id("orderval"),
            "value",
            FieldType::Formula {
                expression: compiled(&names, "order000", "lines.sum(|l| l.qty * l.price) + (customer.credit_limit ?? 0)"),
                result: Box::new(decimal(2)),
            },
        );
        value.class = FieldClass::Live;
        with_value.fields.push(value);
        names = catalog(vec![with_value, line(), with_live]);
        let (tenant, shop) = shop(store, names);
        let done = tenant.write_blocking(Queue::Interactive, move |tx| -> Result<(), StorageError> {
            filled(&shop, tx)?;
            let context = shop.context(&shop.definer);
            let (orders, lines) = (entity_id("order000"), entity_id("line0000"));
            let parents = [RecordId(Uuid::from_u128(1000)), RecordId(Uuid::from_u128(1001))];
            let columns = [vec![FieldId::POSITION], vec![field_id("lineprc0")]];
            let found = tx.lines(context, shop.permit(lines), lines, &parents, &columns)?;
            let expected = |position: i64| vec![id(1000), Value::Number(position.into()), number("0.333333")];
            assert_eq!(found, [expected(0), expected(1), expected(2)]);
            let asked = Query { limit: 2, ..query(orders, &[&[FieldId::ID], &[field_id("orderval")]]) };
            let values = tx.select(context, shop.permit(orders), &asked)?;
            assert_eq!(values, [vec![id(1000), number("2.50")], vec![id(1001), number("0.00")]]);
            let sum = "SELECT SUM(total_ordertot) FROM {t}order_order000 WHERE customer_ordercus = ?1 AND total_ordertot > ?2";
            let decimal = ColumnType::Decimal { scale: 2 };
            let binds = [crate::Bind::id(Uuid::from_u128(1)), crate::Bind(decimal, number("10"))];
            let plain = tx.query(sum, &binds, &[decimal])?;
            let customers = entity_id("custom00");
            let asked = Query { limit: 1, ..query(customers, &[&[field_id("cusbough")]]) };
            assert_eq!(tx.select(context, shop.permit(customers), &asked)?, plain);
            Ok(())
        });
        done.unwrap();
    });
}
