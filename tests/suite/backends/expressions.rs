//! Random typed expressions over random rows mean the same in memory, on SQLite and on PostgreSQL.
//!
//! Every expression becomes a filter, and the rows it finds are compared with those for which it holds in memory. An
//! expression that yields a number, text or day is compared with the value that memory found for one of the rows, so
//! that a digit too many or a tie rounded the other way is a difference.
mod random;
mod rows;
mod texts;

use std::{collections::BTreeSet, sync::Arc};

use kontor_access::{Action, Actor, Rights};
use kontor_definitions::{
    Catalog, Entity, FieldId, RecordId, Value,
    check::{CheckOptions, check},
    expr::{
        BinaryOp, CatalogNames, Expr, ExprKind, Type, compile,
        eval::{EvalEnv, EvalError, eval, holds},
        parse::{MAX_DEPTH, MAX_HEIGHT},
        print::print_typed,
    },
    source::AppSource,
};
use kontor_storage::{Archived, Context, Physical, Query, Queue, StorageError, TenantDb, Tx, schema::plan};
use time::macros::{date, datetime};
use uuid::Uuid;

use self::{
    random::Random,
    rows::{Record, World},
};
use crate::harness::{both_databases, database::Database, repository};

/// The expressions tried on each database. `KONTOR_CASES` asks for more, `KONTOR_SEED` for others.
const EXPRESSIONS: u64 = 1_500;
const RECORDS: usize = 24;

fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn app(name: &str, folder: &str) -> (String, AppSource) {
    let files = repository::files(folder, &[".json"])
        .into_iter()
        .map(|file| (file.path.strip_prefix(folder).unwrap().trim_start_matches('/').to_owned(), file.text))
        .filter(|(path, _)| !path.starts_with("data/"))
        .collect();
    (name.to_owned(), AppSource { files })
}

fn catalog() -> Catalog {
    let apps = [app("base", "engine/apps/base"), app("vectors", "tests/cases/expressions/app")];
    let sources: Vec<(String, &AppSource)> = apps.iter().map(|(name, source)| (name.clone(), source)).collect();
    let checked = check(&sources, &CheckOptions::default());
    checked.catalog.unwrap_or_else(|| panic!("{:#?}", checked.findings))
}

/// Everything a job on a database thread needs.
struct Bench {
    catalog: Catalog,
    physical: Physical,
    rights: Rights,
    world: World,
    env: EvalEnv,
}

impl Bench {
    fn context(&self) -> Context<'_> {
        Context {
            catalog: &self.catalog,
            physical: &self.physical,
            rights: &self.rights,
            now: self.env.now,
            today: self.env.today,
            company: &self.env.company,
            locale: None,
        }
    }

    fn entity(&self, name: &str) -> &Entity {
        self.catalog.entity_named(name).unwrap()
    }

    fn insert(&self, tx: &mut Tx, entity: &str, record: &Record, more: &[(FieldId, Value)]) -> Result<(), StorageError> {
        let entity = self.entity(entity).id;
        let mut values = vec![(FieldId::ID, Value::Id(record.id))];
        values.extend(more.iter().cloned().chain(record.values.iter().map(|(field, value)| (*field, value.clone()))));
        let permit = self.rights.permit(Action::Create, entity).unwrap();
        tx.insert(self.context(), permit, entity, &values)
    }

    fn fill(&self, tx: &mut Tx) -> Result<(), StorageError> {
        for partner in &self.world.partners {
            self.insert(tx, "vectors.partner", partner, &[])?;
        }
        for record in &self.world.records {
            self.insert(tx, "vectors.sample", record, &[])?;
            for (place, line) in (0_u32..).zip(&record.lines) {
                let place = [(FieldId::PARENT, Value::Id(record.id)), (FieldId::POSITION, Value::Number(place.into()))];
                self.insert(tx, "vectors.sample_line", line, &place)?;
            }
        }
        Ok(())
    }

    fn found(&self, tx: &mut Tx, filter: &Arc<Expr>) -> Result<BTreeSet<Uuid>, StorageError> {
        let entity = self.entity("vectors.sample").id;
        let query = Query {
            entity,
            columns: vec![vec![FieldId::ID]],
            filter: Some(Arc::clone(filter)),
            sort: Vec::new(),
            after: None,
            limit: 1_000,
            archived: Archived::Without,
        };
        let permit = self.rights.permit(Action::Read, entity).unwrap();
        let rows = tx.attempt(|tx| tx.select(self.context(), permit, &query))?;
        Ok(rows.into_iter().flatten().map(|id| if let Value::Id(id) = id { id } else { panic!("an id") }).collect())
    }

    /// What memory says about every row.
    fn expected(&self, filter: &Expr) -> Expected {
        let mut expected = Expected::default();
        for record in &self.world.records {
            match holds(filter, &self.world.row(record), &self.env) {
                Ok(true) => _ = expected.found.insert(record.id),
                Ok(false) => {}
                Err(error) => {
                    expected.undecided.insert(record.id);
                    expected.codes.insert(error.code());
                }
            }
        }
        expected
    }

    /// A condition about an expression: itself, or that it has the value which memory finds for one of the rows.
    fn condition(&self, expr: Expr, random: &mut Random) -> Result<Expr, EvalError> {
        if expr.ty == Type::Boolean {
            return Ok(expr);
        }
        let record = random.one_of(&self.world.records);
        let value = eval(&expr, &self.world.row(record), &self.env)?;
        let (ty, span) = (expr.ty.clone(), expr.span);
        let kind = if value.is_null() {
            ExprKind::Call { function: kontor_definitions::expr::Function::IsNull, arguments: vec![expr] }
        } else {
            let literal = Expr { kind: ExprKind::Literal(value), ty, span };
            ExprKind::Binary { op: BinaryOp::Equal, left: Box::new(expr), right: Box::new(literal) }
        };
        Ok(Expr { kind, ty: Type::Boolean, span })
    }
}

/// The rows for which a filter holds, those for which it cannot be computed, and why.
#[derive(Debug, Default)]
struct Expected {
    found: BTreeSet<Uuid>,
    undecided: BTreeSet<Uuid>,
    codes: BTreeSet<&'static str>,
}

impl Expected {
    /// A database may leave out a part that cannot change the result, and so answer where memory reports an error of that
    /// part. It never answers otherwise about a row that memory decides, and never fails where memory does not.
    fn allows(&self, actual: &Result<BTreeSet<Uuid>, StorageError>) -> bool {
        match actual {
            Ok(actual) => self.found.is_subset(actual) && actual.difference(&self.found).all(|id| self.undecided.contains(id)),
            Err(StorageError::Computation(code)) => self.codes.contains(code.as_str()),
            Err(_) => false,
        }
    }
}

fn bench(database: &Database, seed: u64) -> (kontor_storage::Store, TenantDb, Arc<Bench>) {
    let store = database.open();
    let tenant = store.create_tenant(kontor_definitions::TenantId("tenant01".parse().unwrap())).unwrap();
    let catalog = catalog();
    let planned = plan(&Physical::default(), &catalog).unwrap();
    let physical = tenant.write_blocking(Queue::Interactive, move |tx| tx.apply(&planned)).unwrap();
    let world = World::random(&catalog, &mut Random::new(seed), RECORDS);
    let user = RecordId(Uuid::from_u128(0x0197 << 112 | 0x7000 << 64 | 0x8000 << 48 | 1));
    let actor = Actor { user, name: "李娜".to_owned(), department: None, below: Vec::new(), roles: Vec::new() };
    let rights = Rights::definer(&catalog).on_behalf_of(actor);
    let env = EvalEnv {
        today: date!(2026 - 02 - 28),
        now: datetime!(2026-02-28 23:59:59.123456 UTC),
        user_id: Some(user.0),
        user_name: "李娜".to_owned(),
        user_department: None,
        company: Arc::default(),
        parameters: std::collections::BTreeMap::new(),
        rates: kontor_definitions::expr::rates::Rates::default(),
        units: kontor_definitions::expr::units::Units::default(),
    };
    let bench = Arc::new(Bench { catalog, physical, rights, world, env });
    let shared = Arc::clone(&bench);
    tenant.write_blocking(Queue::Interactive, move |tx| shared.fill(tx)).unwrap();
    (store, tenant, bench)
}

both_databases!(random_expressions_mean_the_same, the_longest_expressions_are_answered);

fn the_longest_expressions_are_answered(database: &Database) {
    let (_store, tenant, bench) = bench(database, 1);
    let root = bench.entity("vectors.sample").id;
    let names = CatalogNames { catalog: &bench.catalog, entity: root, params: &[], readable: &|_, _| true };
    let longest = [
        format!("whole in [{}]", vec!["1"; 4_000].join(",")),
        vec!["whole == 1"; MAX_HEIGHT - 2].join(" || "),
        format!("{} > 0", vec!["amount"; MAX_HEIGHT - 2].join(" + ")),
        format!("{}yes{}", "!(".repeat(MAX_DEPTH / 2), ")".repeat(MAX_DEPTH / 2)),
        format!("{}{{ yes }}", "if whole == 7 { no } else ".repeat(MAX_HEIGHT - 3)),
    ];
    for text in longest {
        let filter = Arc::new(compile(&text, &names, Some(&Type::Boolean)).unwrap());
        let (shared, asked) = (Arc::clone(&bench), Arc::clone(&filter));
        let actual = tenant.read_blocking(move |tx| shared.found(tx, &asked));
        let expected = bench.expected(&filter);
        assert!(expected.allows(&actual), "{:.60}: {expected:?} {actual:?}", text);
    }
}

fn random_expressions_mean_the_same(database: &Database) {
    let (seed, count) = (setting("KONTOR_SEED", 20_260_228), setting("KONTOR_CASES", EXPRESSIONS));
    let (_store, tenant, bench) = bench(database, seed);
    let mut random = Random::new(seed ^ 0x5eed);
    let (mut compared, mut failing, mut reported, mut wrong) = (0_u64, 0_u64, 0_u64, Vec::new());
    for _ in 0..count {
        let text = texts::expression(&mut random);
        let root = bench.entity("vectors.sample").id;
        let names = CatalogNames { catalog: &bench.catalog, entity: root, params: &[], readable: &|_, _| true };
        // A product that needs too many digits is refused, and so is nothing else that the generator writes.
        let expr = match compile(&text, &names, None) {
            Ok(expr) => expr,
            Err(errors) => {
                assert!(errors.iter().all(|error| error.code == "scale_overflow"), "{text}: {errors:?}");
                continue;
            }
        };
        let Ok(condition) = bench.condition(expr, &mut random) else { continue };
        let (filter, shared) = (Arc::new(condition), Arc::clone(&bench));
        let asked = Arc::clone(&filter);
        let actual = tenant.read_blocking(move |tx| Ok::<_, StorageError>(shared.found(tx, &asked))).unwrap();
        let expected = bench.expected(&filter);
        compared += 1;
        if !expected.codes.is_empty() {
            failing += 1;
            reported += u64::from(actual.is_err());
        }
        if !expected.allows(&actual) {
            let printed = print_typed(&filter, &bench.catalog, root).unwrap();
            wrong.push(format!("{printed}\n  memory {expected:?}\n  found  {actual:?}"));
        }
    }
    let shown: Vec<&str> = wrong.iter().take(5).map(String::as_str).collect();
    assert!(wrong.is_empty(), "{} of {compared} differ (KONTOR_SEED={seed}):\n{}", wrong.len(), shown.join("\n"));
    assert!(compared * 2 > count && failing * 4 < compared, "{compared} of {count} compared, {failing} of them failing");
    assert!(reported * 2 > failing, "only {reported} of {failing} errors were reported");
}
