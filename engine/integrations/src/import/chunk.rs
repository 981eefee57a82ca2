//! One job of an import: a few records looked up, their references found or made, and written, in one transaction.
use std::collections::{BTreeSet, HashMap};

use indexmap::IndexMap;
use kontor_definitions::{Catalog, EntityId, FieldType, LocalText, expr::print::text_literal};
use kontor_records::{Findings, Input, Params, RecordsError, Session};
use time::{Date, format_description::well_known::Iso8601};

use super::{
    cell::{self, CellError},
    documents::{self, Document},
    map::{ColumnOptions, Existing},
    plan::{ImportPlan, ReferenceBy, Target},
    report::{Outcome, RowError, Verdict},
};
use crate::table::{Table, TableRow};

/// Ids found so far: by entity, key field and text.
pub(super) type Known = HashMap<(EntityId, String, String), String>;

/// What every job of an import works with.
pub(super) struct Job {
    /// What is done with each row.
    pub(super) plan: ImportPlan,
    /// Full name of the entity.
    pub(super) entity: String,
    /// Full names of entities, for the session.
    pub(super) names: HashMap<EntityId, String>,
    /// The file.
    pub(super) table: Table,
    /// The day relative dates count from.
    pub(super) today: Date,
    /// Rules about duplicates that warn keep silent.
    pub(super) accept_duplicates: bool,
}

/// What a job answers.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// One per record.
    pub(super) verdicts: Vec<Verdict>,
    /// Ids found or made.
    pub(super) found: Known,
    /// Records made for references, by entity.
    pub(super) created: IndexMap<String, usize>,
    /// Records that could not be made for references, and why.
    unmade: HashMap<(EntityId, String), LocalText>,
}

/// At most so many texts in one look-up, to stay below the length of a filter.
const LOOKUP: usize = 100;

impl Job {
    /// Full names of every entity, for [`Job::names`].
    pub(super) fn names(catalog: &Catalog) -> HashMap<EntityId, String> {
        catalog.entities.iter().map(|(id, entity)| (*id, entity.full_name())).collect()
    }

    /// Writes some records. May run again after a conflict, so everything it learns goes into its answer.
    pub(super) fn run(&self, session: &mut Session<'_>, documents: &[Document], known: &Known) -> Result<Done, RecordsError> {
        if self.accept_duplicates {
            session.accept_duplicates();
        }
        let mut done = Done::default();
        let existing = self.existing(session, documents)?;
        let fresh: Vec<&Document> =
            documents.iter().filter(|document| self.writes(existing.contains_key(&document.key))).collect();
        self.references(session, &fresh, known, &mut done)?;
        let mut inputs = Vec::new();
        let mut verdicts: Vec<Option<Verdict>> = Vec::with_capacity(documents.len());
        for document in documents {
            let id = existing.get(&document.key);
            if !self.writes(id.is_some()) {
                verdicts.push(Some(verdict(document, Outcome::Skipped, id.cloned(), Vec::new())));
                continue;
            }
            let found = &done.found;
            let lookup = |target: &Target, text: &str| {
                let key = reference_key(target, text).ok_or_else(|| CellError::not_found(text))?;
                let id = known.get(&key).or_else(|| found.get(&key));
                id.cloned().ok_or_else(|| match done.unmade.get(&(key.0, key.2)) {
                    Some(why) => CellError::not_made(text, why),
                    None => CellError::not_found(text),
                })
            };
            match documents::input(&self.plan, &self.table, document, &lookup, self.today) {
                Err(errors) => verdicts.push(Some(verdict(document, Outcome::Failed, None, errors))),
                Ok(input) => match id {
                    Some(id) if self.plan.existing == Existing::Update => {
                        verdicts.push(Some(self.update(session, document, id, &input)?));
                    }
                    Some(_) | None => {
                        verdicts.push(None);
                        inputs.push((document, input));
                    }
                },
            }
        }
        let mut created = self.create(session, &inputs)?.into_iter();
        done.verdicts = verdicts.into_iter().filter_map(|verdict| verdict.or_else(|| created.next())).collect();
        Ok(done)
    }

    fn writes(&self, exists: bool) -> bool {
        !exists || self.plan.existing != Existing::Skip
    }

    fn create(&self, session: &mut Session<'_>, inputs: &[(&Document, Input)]) -> Result<Vec<Verdict>, RecordsError> {
        let bodies: Vec<Input> = inputs.iter().map(|(_, input)| input.clone()).collect();
        let answers = session.create_each(&self.entity, &bodies)?;
        Ok(inputs
            .iter()
            .zip(answers)
            .map(|((document, _), answer)| match answer {
                Ok(id) => verdict(document, Outcome::Created, Some(id), Vec::new()),
                Err(findings) => verdict(document, Outcome::Failed, None, self.errors(document, findings)),
            })
            .collect())
    }

    fn update(&self, session: &mut Session<'_>, document: &Document, id: &str, input: &Input) -> Result<Verdict, RecordsError> {
        match session.update(&self.entity, id, input, None) {
            Ok(_) => Ok(verdict(document, Outcome::Updated, Some(id.to_owned()), Vec::new())),
            Err(RecordsError::Rejected(findings)) => {
                Ok(verdict(document, Outcome::Failed, None, self.errors(document, findings)))
            }
            // Seen but not to be changed by this person: the same words as for a record that is not there.
            Err(RecordsError::NotFound) => Ok(verdict(document, Outcome::Failed, None, vec![not_yours(document.line)])),
            Err(other) => Err(other),
        }
    }

    /// Findings by pointer as errors by line of the file and path.
    fn errors(&self, document: &Document, findings: Findings) -> Vec<RowError> {
        findings
            .0
            .into_iter()
            .map(|finding| {
                let parts: Vec<&str> = finding.pointer.split('/').skip(1).collect();
                let (row, field) = match (&self.plan.lines, parts.as_slice()) {
                    (Some(lines), [first, index, rest @ ..]) if *first == lines.field => {
                        let row = index.parse::<usize>().ok().and_then(|index| document.rows.get(index));
                        (row, std::iter::once(*first).chain(rest.iter().copied()).collect::<Vec<_>>().join("."))
                    }
                    _ => (document.rows.first(), parts.join(".")),
                };
                let line = row.and_then(|place| self.table.rows.get(*place)).map_or(document.line, |row| row.line);
                RowError { line, field, code: finding.code.to_owned(), message: finding.message }
            })
            .collect()
    }

    /// Ids of the records that exist already, by key.
    fn existing(&self, session: &mut Session<'_>, documents: &[Document]) -> Result<HashMap<Vec<String>, String>, RecordsError> {
        let mut found = HashMap::new();
        let keys: Vec<&Target> = self.plan.key.iter().filter_map(|place| self.plan.head.get(*place)).collect();
        if keys.is_empty() || self.plan.existing == Existing::Error {
            return Ok(found);
        }
        for part in documents.chunks(LOOKUP / keys.len().max(1)) {
            let conditions: Vec<String> = match keys.as_slice() {
                [key] => {
                    let texts = part.iter().filter_map(|document| document.key.first());
                    vec![membership(&key.field, &key.ty, texts)]
                }
                several => part
                    .iter()
                    .map(|document| {
                        let each = several.iter().zip(&document.key);
                        each.map(|(key, text)| format!("{} == {}", key.field, literal(&key.ty, text)))
                            .collect::<Vec<_>>()
                            .join(" && ")
                    })
                    .collect(),
            };
            for condition in conditions {
                let fields: Vec<&str> = keys.iter().map(|key| key.field.as_str()).collect();
                for row in rows(session, &self.entity, &condition, &fields)? {
                    found.insert(row.values, row.id);
                }
            }
        }
        Ok(found)
    }

    /// Finds the references of some records, and makes those that are missing where the mapping says so.
    fn references(
        &self,
        session: &mut Session<'_>,
        documents: &[&Document],
        known: &Known,
        done: &mut Done,
    ) -> Result<(), RecordsError> {
        let lines = self.plan.lines.iter().flat_map(|lines| &lines.targets);
        for target in self.plan.head.iter().chain(lines) {
            let Some(reference) = &target.reference else { continue };
            let Some(entity) = self.names.get(&reference.entity) else { continue };
            let mut wanted: IndexMap<String, &TableRow> = IndexMap::new();
            for row in documents.iter().flat_map(|document| &document.rows).filter_map(|place| self.table.rows.get(*place)) {
                for text in documents::keys_of(target, row) {
                    let key = (reference.entity, reference.key_name.clone(), text.clone());
                    if !text.is_empty() && !known.contains_key(&key) && !done.found.contains_key(&key) {
                        wanted.entry(text).or_insert(row);
                    }
                }
            }
            self.find(session, entity, reference, &mut wanted, done)?;
            if let Some(create) = &reference.create {
                self.make(session, entity, (reference, create), &wanted, done)?;
            }
        }
        Ok(())
    }

    fn find(
        &self,
        session: &mut Session<'_>,
        entity: &str,
        reference: &ReferenceBy,
        wanted: &mut IndexMap<String, &TableRow>,
        done: &mut Done,
    ) -> Result<(), RecordsError> {
        let texts: Vec<String> = wanted.keys().cloned().collect();
        for part in texts.chunks(LOOKUP) {
            let condition = membership(&reference.key_name, &reference.key_type, part.iter());
            for row in rows(session, entity, &condition, &[&reference.key_name])? {
                let Some(text) = row.values.into_iter().next() else { continue };
                wanted.shift_remove(&text);
                done.found.insert((reference.entity, reference.key_name.clone(), text), row.id);
            }
        }
        Ok(())
    }

    fn make(
        &self,
        session: &mut Session<'_>,
        entity: &str,
        (reference, create): (&ReferenceBy, &[Target]),
        wanted: &IndexMap<String, &TableRow>,
        done: &mut Done,
    ) -> Result<(), RecordsError> {
        let mut inputs = Vec::new();
        let mut texts = Vec::new();
        for (text, row) in wanted {
            let mut errors = Vec::new();
            let mut values = documents::fields(create, row, &|_, text| Err(CellError::not_found(text)), self.today, &mut errors);
            if !create.iter().any(|target| target.field == reference.key_name) {
                let key = cell::to_input(text, &reference.key_type, &ColumnOptions::default(), self.today);
                values.push((reference.key_name.clone(), key.unwrap_or(Input::Null)));
            }
            match errors.into_iter().next() {
                None => {
                    inputs.push(Input::object(values));
                    texts.push(text.clone());
                }
                Some(error) => done.unmade.extend([((reference.entity, text.clone()), error.message)]),
            }
        }
        for (text, answer) in texts.into_iter().zip(session.create_each(entity, &inputs)?) {
            match answer {
                Ok(id) => {
                    done.found.insert((reference.entity, reference.key_name.clone(), text), id);
                    *done.created.entry(entity.to_owned()).or_default() += 1;
                }
                Err(findings) => {
                    let why = findings.0.into_iter().next().map(|finding| finding.message).unwrap_or_default();
                    done.unmade.insert((reference.entity, text), why);
                }
            }
        }
        Ok(())
    }
}

fn reference_key(target: &Target, text: &str) -> Option<(EntityId, String, String)> {
    let reference = target.reference.as_ref()?;
    Some((reference.entity, reference.key_name.clone(), text.to_owned()))
}

fn verdict(document: &Document, outcome: Outcome, id: Option<String>, errors: Vec<RowError>) -> Verdict {
    Verdict { line: document.line, key: document.key.join(" / "), outcome, id, errors }
}

fn not_yours(line: u64) -> RowError {
    let error = CellError::not_found("");
    RowError { line, field: String::new(), code: "not_found".to_owned(), message: error.message }
}

struct Found {
    id: String,
    values: Vec<String>,
}

/// Reads ids and key fields through the ordinary list, so that a person finds exactly what they may see.
fn rows(session: &mut Session<'_>, entity: &str, condition: &str, fields: &[&str]) -> Result<Vec<Found>, RecordsError> {
    let parameters = [("filter", condition.to_owned()), ("fields", fields.join(",")), ("limit", "1000".to_owned())];
    let params = Params(parameters.into_iter().map(|(name, value)| (name.to_owned(), value)).collect());
    let body = session.list(entity, &params)?;
    let parsed: serde_json::Value =
        serde_json::from_str(&body).map_err(|error| RecordsError::Bug(format!("a list is not JSON: {error}")))?;
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let items = parsed.get("items").and_then(serde_json::Value::as_array);
    Ok(items
        .into_iter()
        .flatten()
        .filter_map(|item| {
            let id = item.get("id").map(text)?;
            let values = fields.iter().filter_map(|field| item.get(*field).map(text)).collect();
            Some(Found { id, values })
        })
        .collect())
}

fn membership<'t>(field: &str, ty: &FieldType, texts: impl Iterator<Item = &'t String>) -> String {
    let distinct: BTreeSet<String> = texts.filter(|text| !text.is_empty()).map(|text| literal(ty, text)).collect();
    format!("{field} in [{}]", distinct.into_iter().collect::<Vec<_>>().join(", "))
}

/// A text of the file as a literal of the expression language. A text that is no number or day where one is needed matches nothing.
fn literal(ty: &FieldType, text: &str) -> String {
    match ty.result() {
        FieldType::Integer { .. } | FieldType::Decimal { .. } | FieldType::Money { .. } | FieldType::Duration => {
            text.parse::<rust_decimal::Decimal>().map_or_else(|_no_number| "()".to_owned(), |number| number.to_string())
        }
        FieldType::Date if Date::parse(text, &Iso8601::DATE).is_err() => "()".to_owned(),
        FieldType::Date => format!("date({})", text_literal(text)),
        _ => text_literal(text),
    }
}
