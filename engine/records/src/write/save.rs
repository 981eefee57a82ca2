//! Creating, changing and archiving records, one or many.
use std::{collections::HashMap, sync::Arc};

use kontor_access::{Action, decide};
use kontor_definitions::{Entity, Value};
use uuid::Uuid;

use super::{
    coerce::{Apply, wrong_type},
    conversions,
    draft::{Draft, Work},
    duplicates, load,
    pipeline::{Bench, check_append_only, check_live, set_archived},
    references, store, validate,
};
use crate::{
    coerce::parse_id,
    error::RecordsError,
    finding::{Class, FieldError, Findings, Text, below, quoted},
    input::Input,
    json,
    read::get,
    session::{Session, Shown},
};

/// Records of a batch at most.
const MOST_RECORDS: usize = 1_000;

impl Session<'_> {
    /// Makes a record with its lines.
    pub fn create(&mut self, entity: &str, input: &Input) -> Result<Shown, RecordsError> {
        let entity = self.entity(entity, Action::Create)?;
        let mut work = self.new_work(&entity, input, String::new(), false)?;
        let revision = self.save_one(&mut work)?;
        self.answer(&entity, &work, revision)
    }

    /// Makes several records that do not depend on each other, for imports: a record that is refused is left out, the
    /// others are written. Answers one verdict per input: the new record's id or everything that is wrong.
    pub fn create_each(&mut self, entity: &str, inputs: &[Input]) -> Result<Vec<Result<String, Findings>>, RecordsError> {
        let entity = self.entity(entity, Action::Create)?;
        let mut works = Vec::with_capacity(inputs.len());
        for input in inputs {
            works.push(self.new_work(&entity, input, String::new(), false)?);
        }
        let mut bench = Bench::new(&self.frame);
        self.prepare(&mut bench, &mut works, false)?;
        let mut verdicts = Vec::with_capacity(works.len());
        for work in &mut works {
            self.settle(&mut bench, work)?;
            if work.findings.is_empty() {
                self.commit(&bench, work)?;
                if !work.findings.is_empty() {
                    // It is written already: the whole chunk is taken back and the caller tries record by record.
                    return Err(std::mem::take(&mut work.findings).into());
                }
                verdicts.push(Ok(work.draft.id.to_string()));
            } else {
                verdicts.push(Err(std::mem::take(&mut work.findings)));
            }
        }
        self.cascade()?;
        Ok(verdicts)
    }

    /// Changes a record by a merge patch; `if_match` is the revision the caller knows.
    pub fn update(&mut self, entity: &str, id: &str, patch: &Input, if_match: Option<i64>) -> Result<Shown, RecordsError> {
        let entity = self.entity(entity, Action::Update)?;
        let id = parse_id(id).ok_or(RecordsError::NotFound)?;
        let mut works = self.stored_works(&entity, &[(id, String::new(), Some(patch))], Action::Update, if_match)?;
        let Some(work) = works.first_mut() else { return Err(RecordsError::NotFound) };
        let revision = self.save_one(work)?;
        self.answer(&entity, work, revision)
    }

    /// The answer to a write of one record: the record as it is now, and what the person should know.
    pub(crate) fn answer(&mut self, entity: &Arc<Entity>, work: &Work, revision: i64) -> Result<Shown, RecordsError> {
        let shown = get::written(&self.frame, self.tx, entity, work.draft.id, revision)?;
        let mut warnings = conversions::warnings(&self.frame, &work.draft);
        warnings.append(&mut self.warnings);
        Ok(get::warned(&self.frame, shown, &warnings))
    }

    /// Archives a record.
    pub fn archive(&mut self, entity: &str, id: &str, if_match: Option<i64>) -> Result<(), RecordsError> {
        let entity = self.entity(entity, Action::Delete)?;
        let id = parse_id(id).ok_or(RecordsError::NotFound)?;
        self.archive_all(&entity, &[(id, String::new(), None)], if_match).map(drop)
    }

    /// Brings a record back from the archive.
    pub fn unarchive(&mut self, entity: &str, id: &str, if_match: Option<i64>) -> Result<Shown, RecordsError> {
        let entity = self.entity(entity, Action::Delete)?;
        let id = parse_id(id).ok_or(RecordsError::NotFound)?;
        let mut works = self.stored_works(&entity, &[(id, String::new(), None)], Action::Delete, if_match)?;
        let Some(work) = works.first_mut() else { return Err(RecordsError::NotFound) };
        set_archived(&self.frame, &mut work.draft, false);
        work.name = "unarchive".to_owned();
        let frame = Arc::clone(&self.frame);
        load::load_lines(&frame, self.tx, &mut [&mut work.draft])?;
        references::check_again(&frame, self.tx, work)?;
        validate::unique(&frame, self.tx, work, true)?;
        duplicates::check(&frame, self.tx, work, self.duplicates, true)?;
        let revision = self.write_checked(work)?;
        self.cascade()?;
        get::written(&self.frame, self.tx, &entity, id, revision)
    }

    /// `{"create": […], "update": […], "delete": […]}`, all or nothing. Answers JSON.
    pub fn batch(&mut self, entity: &str, input: &Input) -> Result<String, RecordsError> {
        let batch = Batch::read(input)?;
        let action = if batch.create.is_empty() { Action::Read } else { Action::Create };
        let entity = self.entity(entity, action)?;
        let mut findings = Findings::default();
        let mut updates = Vec::new();
        for (place, patch) in batch.update.iter().enumerate() {
            let id = match patch.get("id") {
                Some(Input::Text(text)) => parse_id(text).ok_or(RecordsError::NotFound)?,
                _ => {
                    findings.push(required(format!("/update/{place}/id")));
                    continue;
                }
            };
            updates.push((id, format!("/update/{place}"), Some(patch)));
        }
        let mut deletes = Vec::new();
        for (place, id) in batch.delete.iter().enumerate() {
            match id {
                Input::Text(text) => {
                    deletes.push((parse_id(text).ok_or(RecordsError::NotFound)?, format!("/delete/{place}"), None));
                }
                other => findings.push(wrong_type(&format!("/delete/{place}"), other, Text { zh: "记录 ID", en: "an id" })),
            }
        }
        if !findings.is_empty() {
            return Err(findings.into());
        }
        let mut works = Vec::with_capacity(batch.create.len());
        for (place, input) in batch.create.iter().enumerate() {
            works.push(self.new_work(&entity, input, format!("/create/{place}"), false)?);
        }
        self.save_all(&mut works)?;
        let mut changed =
            if updates.is_empty() { Vec::new() } else { self.stored_works(&entity, &updates, Action::Update, None)? };
        self.save_all(&mut changed)?;
        let deleted = self.archive_all(&entity, &deletes, None)?;
        let mut out = String::from("{\"created\":[");
        for (index, work) in works.iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            json::text(&mut out, &work.draft.id.to_string());
        }
        out.push_str(&format!("],\"updated\":{},\"deleted\":{deleted}", changed.len()));
        let written = works.iter().chain(&changed);
        let mut warnings: Vec<FieldError> = written.flat_map(|work| conversions::warnings(&self.frame, &work.draft)).collect();
        warnings.append(&mut self.warnings);
        if !warnings.is_empty() {
            json::key(&mut out, "warnings");
            get::findings(&mut out, &self.frame.locale, &warnings);
        }
        out.push('}');
        Ok(out)
    }

    /// The entity, if the person holds the right or may at least see it: the rest is decided by row.
    pub(crate) fn entity(&self, name: &str, action: Action) -> Result<Arc<Entity>, RecordsError> {
        let holds = |entity: &Entity| decide(&self.frame.rights, action, entity.id).is_ok();
        let entity = self.frame.names().entity_for(name, action).ok_or(RecordsError::NotFound)?;
        if holds(entity) { Ok(Arc::clone(entity)) } else { Err(RecordsError::NotFound) }
    }

    pub(crate) fn new_work(
        &mut self,
        entity: &Arc<Entity>,
        input: &Input,
        pointer: String,
        lenient: bool,
    ) -> Result<Work, RecordsError> {
        let frame = Arc::clone(&self.frame);
        let id = self.ids.next();
        let mut work = Work {
            draft: Draft::new(&frame, entity, id, pointer),
            action: Action::Create,
            name: "create".to_owned(),
            findings: Findings::default(),
        };
        let mut apply = Apply { frame: &frame, ids: &mut self.ids, action: Action::Create, lenient };
        apply.object(&mut work.draft, input, &mut work.findings);
        Ok(work)
    }

    /// Loads, locks and patches records.
    pub(crate) fn stored_works(
        &mut self,
        entity: &Arc<Entity>,
        wanted: &[(Uuid, String, Option<&Input>)],
        action: Action,
        if_match: Option<i64>,
    ) -> Result<Vec<Work>, RecordsError> {
        let frame = Arc::clone(&self.frame);
        let ids: Vec<Uuid> = wanted.iter().map(|(id, _, _)| *id).collect();
        let mut rows: HashMap<Uuid, Vec<Value>> = load::load(&frame, self.tx, entity, ids, action)?;
        let mut works = Vec::with_capacity(wanted.len());
        for (id, pointer, _) in wanted {
            // The same record twice in one batch finds no row the second time.
            let row = rows.remove(id).ok_or(RecordsError::NotFound)?;
            let draft = Draft::stored(&frame, entity, *id, row, pointer.clone());
            let current = store::revision_of(&draft);
            if if_match.is_some_and(|known| known != current) {
                return Err(RecordsError::Stale { current });
            }
            works.push(Work { draft, action, name: "update".to_owned(), findings: Findings::default() });
        }
        let patched = |work: usize| wanted.get(work).and_then(|(_, _, patch)| *patch);
        let plan = frame.plans.of(&frame.catalog, entity);
        let touches = |patch: &Input| {
            plan.lines.iter().filter_map(|place| entity.fields.get(*place)).any(|field| patch.get(&field.name).is_some())
        };
        let mut with_lines: Vec<&mut Draft> = works
            .iter_mut()
            .enumerate()
            .filter(|(place, _)| patched(*place).is_some_and(|patch| plan.reads_lines || touches(patch)))
            .map(|(_, work)| &mut work.draft)
            .collect();
        load::load_lines(&frame, self.tx, &mut with_lines)?;
        for (place, work) in works.iter_mut().enumerate() {
            check_append_only(work);
            let Some(patch) = patched(place) else { continue };
            check_live(work);
            let mut apply = Apply { frame: &frame, ids: &mut self.ids, action, lenient: false };
            apply.object(&mut work.draft, patch, &mut work.findings);
        }
        Ok(works)
    }

    pub(crate) fn save_one(&mut self, work: &mut Work) -> Result<i64, RecordsError> {
        let mut bench = Bench::new(&self.frame);
        self.prepare(&mut bench, std::slice::from_mut(work), false)?;
        self.settle(&mut bench, work)?;
        if !work.findings.is_empty() {
            return Err(std::mem::take(&mut work.findings).into());
        }
        let revision = self.commit(&bench, work)?;
        if !work.findings.is_empty() {
            return Err(std::mem::take(&mut work.findings).into());
        }
        self.cascade()?;
        Ok(revision)
    }

    /// Saves records, all or nothing; the findings of all of them come together.
    fn save_all(&mut self, works: &mut [Work]) -> Result<(), RecordsError> {
        let mut bench = Bench::new(&self.frame);
        self.prepare(&mut bench, works, false)?;
        let mut findings = Findings::default();
        for work in works {
            self.settle(&mut bench, work)?;
            if findings.is_empty() && work.findings.is_empty() {
                self.commit(&bench, work)?;
            }
            findings.0.append(&mut work.findings.0);
        }
        if !findings.is_empty() {
            return Err(findings.into());
        }
        self.cascade()
    }

    /// Archives records; those that are archived already stay as they are. Answers how many were asked for.
    fn archive_all(
        &mut self,
        entity: &Arc<Entity>,
        wanted: &[(Uuid, String, Option<&Input>)],
        if_match: Option<i64>,
    ) -> Result<usize, RecordsError> {
        if wanted.is_empty() {
            return Ok(0);
        }
        let mut works = self.stored_works(entity, wanted, Action::Delete, if_match)?;
        for work in &mut works {
            if work.draft.value(kontor_definitions::FieldId::ARCHIVED_AT).is_null() {
                set_archived(&self.frame, &mut work.draft, true);
            }
            work.name = "archive".to_owned();
            self.check_company(work)?;
            self.write_checked(work)?;
        }
        self.cascade()?;
        Ok(works.len())
    }

    /// Writes a record whose checks are done; roll-ups over it are the caller's to follow.
    pub(crate) fn write_checked(&mut self, work: &mut Work) -> Result<i64, RecordsError> {
        if !work.findings.is_empty() {
            return Err(std::mem::take(&mut work.findings).into());
        }
        let bench = Bench::new(&self.frame);
        let revision = self.commit(&bench, work)?;
        if work.findings.is_empty() { Ok(revision) } else { Err(std::mem::take(&mut work.findings).into()) }
    }
}

/// A batch as it was sent.
struct Batch<'i> {
    create: &'i [Input],
    update: &'i [Input],
    delete: &'i [Input],
}

impl<'i> Batch<'i> {
    fn read(input: &'i Input) -> Result<Self, Findings> {
        let Input::Object(parts) = input else {
            return Err(wrong_type("", input, Text { zh: "对象", en: "an object" }).into());
        };
        let mut batch = Self { create: &[], update: &[], delete: &[] };
        let mut findings = Findings::default();
        for (key, value) in parts {
            let pointer = below("", key);
            let slot = match key.as_str() {
                "create" => &mut batch.create,
                "update" => &mut batch.update,
                "delete" => &mut batch.delete,
                _ => {
                    let shown = quoted(key);
                    let text = Text {
                        zh: &format!("没有名为“{shown}”的属性"), en: &format!("there is no property \"{shown}\"")
                    };
                    let way = Text { zh: "可用：create、update、delete", en: "use create, update and delete" };
                    findings.push(FieldError::new(Class::Malformed, pointer, "unknown_property", text).suggest(way));
                    continue;
                }
            };
            match value {
                Input::List(items) => *slot = items,
                other => findings.push(wrong_type(&pointer, other, Text { zh: "数组", en: "an array" })),
            }
        }
        if batch.create.len() + batch.update.len() + batch.delete.len() > MOST_RECORDS {
            let text = Text {
                zh: &format!("一批最多 {MOST_RECORDS} 条记录"),
                en: &format!("a batch has at most {MOST_RECORDS} records"),
            };
            findings.push(FieldError::new(Class::Refused, "", "too_many", text));
        }
        if findings.is_empty() { Ok(batch) } else { Err(findings) }
    }
}

fn required(pointer: String) -> FieldError {
    FieldError::new(Class::Malformed, pointer, "required", Text { zh: "缺少记录 ID", en: "the id of the record is missing" })
}
