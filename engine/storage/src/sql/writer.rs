//! The statement being written: its parameters, the rows in reach, and how a path of fields becomes SQL.
use kontor_access::{Action, FieldReach, Permit};
use kontor_definitions::{Aspect, ColumnType, Entity, EntityId, Field, FieldId, FieldType, Value, catalog::FieldClass};
use sea_query::Value as SqlValue;

use super::number;
use crate::{
    bind::Bind,
    error::StorageError,
    query::Context,
    schema::quoted,
    store::Dialect,
    threads::functions,
    value::{Reading, encode},
};

/// With whose eyes a row is seen.
#[derive(Clone, Copy)]
pub(crate) enum View<'a> {
    /// The definer's: every row and field. Formulas, roles' conditions, roll-ups.
    Definer,
    /// A person's: a field is null on rows where the permit does not show it.
    Person(&'a Permit),
}

/// A row in reach: an alias in the statement and the entity it stands for.
#[derive(Clone)]
pub(crate) struct Place<'a> {
    pub(crate) alias: String,
    pub(crate) entity: EntityId,
    pub(crate) view: View<'a>,
}

/// The row that an expression stands on, or a line inside an aggregate, with the references followed from it.
struct Scope<'a> {
    place: Place<'a>,
    joins: Vec<Join<'a>>,
}

struct Join<'a> {
    path: Vec<FieldId>,
    place: Place<'a>,
    sql: String,
}

/// A piece of SQL that yields a value.
#[derive(Clone, Debug)]
pub(crate) struct Term {
    pub(crate) sql: String,
    pub(crate) reading: Reading,
}

impl Term {
    pub(crate) fn column(sql: String, ty: ColumnType) -> Self {
        Self { sql, reading: Reading::Column(ty) }
    }
    /// Digits behind the point, for numbers.
    pub(crate) fn scale(&self) -> u8 {
        match self.reading {
            Reading::Column(ColumnType::Decimal { scale }) | Reading::Computed { scale } => scale,
            Reading::Column(_) | Reading::List => 0,
        }
    }
}

/// A statement being written.
pub(crate) struct Writer<'a> {
    pub(crate) context: Context<'a>,
    pub(crate) dialect: Dialect,
    prefix: String,
    values: Vec<SqlValue>,
    scopes: Vec<Scope<'a>>,
    /// The first scope of the expression being written: a live field's expression sees none of those around it.
    floor: usize,
    aliases: usize,
    /// What parameters of expressions stand for.
    parameters: Vec<(String, Term)>,
}

impl<'a> Writer<'a> {
    /// Begins a statement about the rows of an entity.
    pub(crate) fn new(context: Context<'a>, dialect: Dialect, prefix: &str) -> Self {
        Self {
            context,
            dialect,
            prefix: prefix.to_owned(),
            values: Vec::new(),
            scopes: Vec::new(),
            floor: 0,
            aliases: 0,
            parameters: Vec::new(),
        }
    }

    /// The whole statement and its parameters. The version makes the text of a changed table's statement another one.
    pub(crate) fn finish(self, sql: &str) -> (String, Vec<SqlValue>) {
        (format!("/*v{}*/ {sql}", self.context.physical.version), self.values)
    }

    /// From here on a parameter of an expression stands for a piece of SQL.
    pub(crate) fn stand_for(&mut self, parameter: String, term: Term) {
        self.parameters.push((parameter, term));
    }

    /// What a parameter of an expression stands for.
    pub(crate) fn standing_for(&self, parameter: &str) -> Result<Term, StorageError> {
        let missing = || StorageError::Bug(format!("the parameter ${parameter} has no value here"));
        self.parameters.iter().find(|(name, _)| name == parameter).map(|(_, term)| term.clone()).ok_or_else(missing)
    }

    /// Binds a value and answers its parameter.
    pub(crate) fn bind(&mut self, bind: &Bind) -> Result<String, StorageError> {
        let value = encode(self.dialect, bind)?;
        let text = bind.0 == ColumnType::Text;
        let parameter = self.parameter(value);
        Ok(if text && self.dialect == Dialect::Postgres { format!("({parameter} COLLATE \"C\")") } else { parameter })
    }

    /// A prepared statement is found by its text alone, so on PostgreSQL the text names the type of each parameter.
    pub(super) fn parameter(&mut self, value: SqlValue) -> String {
        let ty = match &value {
            SqlValue::Bool(_) => "boolean",
            SqlValue::BigInt(_) => "bigint",
            SqlValue::Uuid(_) => "uuid",
            SqlValue::Decimal(_) => "numeric",
            SqlValue::TimeDate(_) => "date",
            SqlValue::TimeTime(_) => "time",
            SqlValue::TimeDateTimeWithTimeZone(_) => "timestamptz",
            SqlValue::Json(_) => "jsonb",
            SqlValue::Bytes(_) => "bytea",
            _ => "text",
        };
        self.values.push(value);
        let number = self.values.len();
        match self.dialect {
            Dialect::Sqlite => format!("?{number}"),
            Dialect::Postgres => format!("${number}::{ty}"),
        }
    }

    /// Binds a value that is compared with a term, as the term is written.
    pub(crate) fn bind_like(&mut self, term: &Term, value: &Value) -> Result<String, StorageError> {
        match (term.reading, self.dialect, value) {
            (Reading::Column(ty), _, value) => self.bind(&Bind(ty, value.clone())),
            (Reading::Computed { scale }, Dialect::Sqlite, Value::Number(number)) => {
                let blob = functions::blob_of(*number, scale).ok_or_else(|| StorageError::Computation("overflow".to_owned()))?;
                Ok(self.parameter(SqlValue::Bytes(Some(blob))))
            }
            (Reading::Computed { .. }, Dialect::Postgres, Value::Number(number)) => {
                Ok(self.parameter(SqlValue::Decimal(Some(*number))))
            }
            (reading, _, value) => Err(StorageError::Bug(format!("{value:?} cannot be compared with {reading:?}"))),
        }
    }

    pub(crate) fn alias(&mut self) -> String {
        self.aliases += 1;
        format!("a{}", self.aliases)
    }

    pub(crate) fn entity(&self, id: EntityId) -> Result<&'a Entity, StorageError> {
        let missing = || StorageError::Bug(format!("no entity {id}"));
        self.context.catalog.entities.get(&id).map(AsRef::as_ref).ok_or_else(missing)
    }

    /// `"t_1"."order_k3v9x2ab"`
    pub(crate) fn table(&self, entity: EntityId) -> Result<String, StorageError> {
        Ok(format!("{}{}", self.prefix, quoted(&self.context.physical.table(entity)?.name)))
    }

    /// `"t_1".search`: a system table.
    pub(crate) fn system_table(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// `a1."total_x2"`
    pub(crate) fn column(&self, alias: &str, entity: EntityId, field: FieldId) -> Result<String, StorageError> {
        Ok(format!("{alias}.{}", quoted(&self.context.physical.table(entity)?.column(field)?.name)))
    }

    /// Opens a scope over an entity's rows; answers the alias.
    pub(crate) fn open(&mut self, entity: EntityId, view: View<'a>) -> Place<'a> {
        let place = Place { alias: self.alias(), entity, view };
        self.scopes.push(Scope { place: place.clone(), joins: Vec::new() });
        place
    }

    /// Closes the innermost scope and answers its FROM: the table and the references followed from it.
    pub(crate) fn close(&mut self) -> Result<String, StorageError> {
        let scope = self.scopes.pop().ok_or_else(|| StorageError::Bug("no scope is open".to_owned()))?;
        let table = self.table(scope.place.entity)?;
        let joins: String = scope.joins.iter().map(|join| format!(" {}", join.sql)).collect();
        Ok(format!("{table} AS {}{joins}", scope.place.alias))
    }

    /// Writes something that stands on a row of its own, without the scopes around it.
    pub(crate) fn standing_on<T>(
        &mut self,
        place: &Place<'a>,
        write: impl FnOnce(&mut Self) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        let floor = std::mem::replace(&mut self.floor, self.scopes.len());
        self.scopes.push(Scope { place: Place { view: View::Definer, ..place.clone() }, joins: Vec::new() });
        let written = write(self);
        // A definer follows references by sub-selects, so this scope has no joins that would be lost.
        self.scopes.pop();
        self.floor = floor;
        written
    }

    /// The row of the innermost scope.
    pub(crate) fn innermost(&self) -> Result<Place<'a>, StorageError> {
        let missing = || StorageError::Bug("no scope is open".to_owned());
        self.scopes.last().map(|scope| scope.place.clone()).ok_or_else(missing)
    }

    fn scope_index(&self, scope: u8) -> usize {
        self.floor + usize::from(scope)
    }

    /// The row of a scope.
    pub(crate) fn place(&self, scope: u8) -> Result<Place<'a>, StorageError> {
        let missing = || StorageError::Bug(format!("an expression names scope {scope}, which is not open"));
        self.scopes.get(self.scope_index(scope)).map(|scope| scope.place.clone()).ok_or_else(missing)
    }

    /// The value at the end of a path from a scope's row.
    pub(crate) fn path(&mut self, scope: u8, path: &[FieldId]) -> Result<Term, StorageError> {
        let (last, references) = path.split_last().ok_or_else(|| StorageError::Bug("an empty path".to_owned()))?;
        self.along(scope, references, |writer, place| writer.field(place, *last))
    }

    /// Follows references from a scope's row and writes what is wanted of the row they lead to.
    pub(crate) fn along(
        &mut self,
        scope: u8,
        references: &[FieldId],
        write: impl FnOnce(&mut Self, &Place<'a>) -> Result<Term, StorageError>,
    ) -> Result<Term, StorageError> {
        let place = self.place(scope)?;
        match place.view {
            View::Person(_) => {
                let place = self.joined(scope, &place, references)?;
                write(self, &place)
            }
            View::Definer => self.selected(&place, references, write),
        }
    }

    /// A person's path: LEFT JOINs with the target's permit in the ON clause, shared by all that follow the same references.
    fn joined(&mut self, scope: u8, start: &Place<'a>, references: &[FieldId]) -> Result<Place<'a>, StorageError> {
        let mut at = start.clone();
        for (index, reference) in references.iter().enumerate() {
            let path = references.get(..=index).unwrap_or(references);
            let position = self.scope_index(scope);
            let known = self.scopes.get(position).and_then(|scope| scope.joins.iter().find(|join| join.path == path));
            if let Some(join) = known {
                at = join.place.clone();
                continue;
            }
            let target = self.target(at.entity, *reference)?;
            let link = self.field(&at, *reference)?.sql;
            let permit = self.context.rights.permit(Action::Read, target);
            let alias = self.alias();
            let view = permit.map_or(View::Definer, View::Person);
            let place = Place { alias, entity: target, view };
            let id = self.column(&place.alias, target, FieldId::ID)?;
            let reached = match permit {
                Some(permit) => self.rows(permit, &place)?,
                // Nothing of the target may be read: the join finds nothing.
                None => Some("FALSE".to_owned()),
            };
            let condition = reached.map_or_else(String::new, |rows| format!(" AND {rows}"));
            let sql = format!("LEFT JOIN {} AS {} ON {id} = {link}{condition}", self.table(target)?, place.alias);
            let join = Join { path: path.to_vec(), place: place.clone(), sql };
            if let Some(scope) = self.scopes.get_mut(position) {
                scope.joins.push(join);
            }
            at = place;
        }
        Ok(at)
    }

    /// A definer's path: sub-selects, which can stand anywhere, in ON clauses and in UPDATE too.
    fn selected(
        &mut self,
        at: &Place<'a>,
        references: &[FieldId],
        write: impl FnOnce(&mut Self, &Place<'a>) -> Result<Term, StorageError>,
    ) -> Result<Term, StorageError> {
        let mut at = at.clone();
        let mut sources: Vec<(String, String)> = Vec::new();
        for reference in references {
            let target = self.target(at.entity, *reference)?;
            let link = self.field(&at, *reference)?.sql;
            let place = Place { alias: self.alias(), entity: target, view: View::Definer };
            let id = self.column(&place.alias, target, FieldId::ID)?;
            sources.push((format!("{} AS {}", self.table(target)?, place.alias), format!("{id} = {link}")));
            at = place;
        }
        let term = write(self, &at)?;
        if sources.is_empty() {
            return Ok(term);
        }
        let (tables, conditions): (Vec<String>, Vec<String>) = sources.into_iter().unzip();
        let sql = format!("(SELECT {} FROM {} WHERE {})", term.sql, tables.join(", "), conditions.join(" AND "));
        Ok(Term { sql, ..term })
    }

    pub(super) fn target(&self, entity: EntityId, reference: FieldId) -> Result<EntityId, StorageError> {
        let field = self.find(entity, reference)?;
        field.ty.reference().ok_or_else(|| StorageError::Bug(format!("{} is no reference", field.name)))
    }

    pub(crate) fn find(&self, entity: EntityId, field: FieldId) -> Result<&'a Field, StorageError> {
        let entity = self.entity(entity)?;
        entity.field(field).ok_or_else(|| StorageError::Bug(format!("{} has no field {field}", entity.full_name())))
    }

    /// A field of a row, null where the person may not read it.
    pub(crate) fn field(&mut self, place: &Place<'a>, id: FieldId) -> Result<Term, StorageError> {
        // An aspect of a field is read by those who read the field.
        let (aspect, id) = id.aspect_of().map_or((None, id), |(aspect, of)| (Some(aspect), of));
        let field = self.find(place.entity, id)?;
        let term = match aspect {
            None => self.looked_at(place, field)?,
            Some(Aspect::Rank) => self.rank(place, field)?,
            Some(stored) => self.stored_aspect(place, field, stored)?,
        };
        self.guarded(place, field, term)
    }

    /// What a field is for whoever looks: a person sees texts in their language.
    fn looked_at(&mut self, place: &Place<'a>, field: &'a Field) -> Result<Term, StorageError> {
        let translated = self.entity(place.entity)?.translated_by(field.id);
        match (place.view, self.context.locale, translated) {
            (View::Person(_), Some(_), Some(of)) => self.all_texts(place, of, field.id),
            _ => {
                let term = self.unguarded(place, field)?;
                self.as_seen(place, field, term)
            }
        }
    }

    fn stored_aspect(&mut self, place: &Place<'a>, field: &'a Field, aspect: Aspect) -> Result<Term, StorageError> {
        let column = self.context.physical.table(place.entity)?.column(field.id.aspect(aspect))?;
        let term = Term::column(format!("{}.{}", place.alias, quoted(&column.name)), column.ty);
        match (place.view, aspect, field.texts()) {
            (View::Person(_), Aspect::SortKey, Some(texts)) => self.in_language(place, texts.aspect(aspect), term),
            _ => Ok(term),
        }
    }

    /// What is stored for a field, null where the person may not read it.
    pub(super) fn guarded(&mut self, place: &Place<'a>, field: &'a Field, term: Term) -> Result<Term, StorageError> {
        let View::Person(permit) = place.view else { return Ok(term) };
        match permit.reach(field.id) {
            FieldReach::Always => Ok(term),
            FieldReach::Never => Err(StorageError::Bug(format!("{} may not be read and was asked for", field.name))),
            FieldReach::Grants(grants) => {
                let rows = self.rows_of(permit, &grants, place)?;
                Ok(Term { sql: format!("CASE WHEN {rows} THEN {} END", term.sql), ..term })
            }
        }
    }

    /// The place of a choice among its options.
    fn rank(&mut self, place: &Place<'a>, field: &'a Field) -> Result<Term, StorageError> {
        let term = self.unguarded(place, field)?;
        let options = match field.ty.result() {
            FieldType::Choice { options } => options,
            FieldType::State(machine) => &machine.states,
            _ => return Err(StorageError::Bug(format!("{} has no options", field.name))),
        };
        let mut sql = format!("CASE {}", term.sql);
        for (rank, option) in options.iter().enumerate() {
            sql.push_str(&format!(" WHEN {} THEN {rank}", self.bind(&Bind::text(option.name.as_str()))?));
        }
        sql.push_str(" END");
        let sql = if self.dialect == Dialect::Postgres { format!("CAST({sql} AS BIGINT)") } else { sql };
        Ok(Term::column(sql, ColumnType::Integer))
    }

    fn unguarded(&mut self, place: &Place<'a>, field: &'a Field) -> Result<Term, StorageError> {
        if field.class == FieldClass::Live {
            return self.live(place, field);
        }
        let missing = || StorageError::Bug(format!("{} has no column", field.name));
        let ty = field.column().ok_or_else(missing)?;
        let sql = self.column(&place.alias, place.entity, field.id)?;
        let list = matches!(field.ty.result(), FieldType::Choices { .. } | FieldType::Files { .. });
        Ok(Term { sql, reading: if list { Reading::List } else { Reading::Column(ty) } })
    }

    /// A field as it is computed when read: its expression on the row, as its definer sees it.
    pub(crate) fn live(&mut self, place: &Place<'a>, field: &'a Field) -> Result<Term, StorageError> {
        let looked_up = |writer: &mut Self, path: &[FieldId]| {
            let (last, references) = path.split_last().ok_or_else(|| StorageError::Bug("an empty path".to_owned()))?;
            writer.along(0, references, |writer, at| {
                let term = writer.field(at, *last)?;
                // Whoever looks at the look-up sees what they would see behind the reference.
                let field = writer.find(at.entity, *last)?;
                writer.as_seen(&Place { view: place.view, ..at.clone() }, field, term)
            })
        };
        let term = self.standing_on(place, |writer| match &field.ty {
            FieldType::Formula { expression, .. } => writer.value(expression),
            FieldType::Lookup { path, .. } => looked_up(writer, path),
            FieldType::Rollup { .. } => writer.rollup(field),
            _ => Err(StorageError::Bug(format!("{} is not computed", field.name))),
        })?;
        match field.ty.column() {
            Some(ColumnType::Decimal { scale }) => Ok(number::to_scale(self.dialect, &term, scale)),
            Some(ColumnType::Integer) => Ok(number::to_scale(self.dialect, &term, 0)),
            Some(_) | None => Ok(term),
        }
    }
}
