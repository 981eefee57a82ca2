//! What the data says against a plan: values that a new type cannot keep, records with equal values in a unique set.
use kontor_definitions::{Catalog, Diagnostic, FieldId, Severity, Value};
use kontor_storage::{
    Physical, Plan, PlanStep, Tx,
    schema::{Equal, IndexSpec, Losses, PlanAction},
};

use crate::{error::AppError, outline::Place, sources::Sources};

/// Letters of a value that are shown.
const SHOWN: usize = 40;

/// What a plan is held against.
pub(crate) struct Data<'a> {
    pub(crate) physical: &'a Physical,
    pub(crate) catalog: &'a Catalog,
    pub(crate) sources: &'a Sources,
}

impl Data<'_> {
    /// Values that a new type cannot keep: a finding of this severity for each step, which learns how many there are.
    pub(crate) fn losses(&self, tx: &mut Tx, plan: &mut Plan, severity: Severity) -> Result<Vec<Diagnostic>, AppError> {
        let mut findings = Vec::new();
        for step in &mut plan.steps {
            let losses = tx.losses(self.physical, step)?;
            if losses.rows > 0 {
                step.data_lost = losses.rows;
                findings.push(self.loss(step, &losses, severity));
            }
        }
        Ok(findings)
    }

    /// Records with equal values where a unique index is to be built: a finding for each index.
    pub(crate) fn equal(&self, tx: &mut Tx, plan: &Plan) -> Result<Vec<Diagnostic>, AppError> {
        let moved: Vec<FieldId> = plan
            .steps
            .iter()
            .filter_map(|step| match &step.action {
                PlanAction::RetypeColumn { column, .. } => Some(column.id),
                _ => None,
            })
            .collect();
        let mut findings = Vec::new();
        for step in &plan.steps {
            let equal = tx.equal(self.physical, step, &moved)?;
            if let PlanAction::CreateIndex { index } = &step.action
                && equal.rows > 0
            {
                findings.push(self.duplicates(step, index, &equal));
            }
        }
        Ok(findings)
    }

    pub(crate) fn loss(&self, step: &PlanStep, losses: &Losses, severity: Severity) -> Diagnostic {
        let id = match &step.action {
            PlanAction::RetypeColumn { column, .. } => Some(column.id),
            _ => None,
        };
        let place = id.map_or_else(|| Place::of_entity(&step.entity), |id| Place::of_field(self.sources, &step.entity, id));
        let (field, rows) = (step.field.as_deref().unwrap_or_default(), losses.rows);
        let examples = |open: &str, close: &str, times: &str, between: &str| {
            let shown = losses.examples.iter().map(|(value, rows)| format!("{open}{}{close}{times}{rows}", shown(value)));
            shown.collect::<Vec<_>>().join(between)
        };
        place.finding(
            (severity, "conversion_loss"),
            (
                &format!("字段“{field}”改变类型后，{rows} 条记录的值无法完整保留，例如：{}。", examples("“", "”", "×", "、")),
                &format!(
                    "With its new type “{field}” cannot keep the values of {rows} record(s) in full, for example {}.",
                    examples("“", "”", " × ", ", ")
                ),
            ),
            (
                "请先改正这些值或补上缺少的选项；也可在发布时确认接受丢失：原值留在停用的列中，恢复旧版本可找回。",
                "Mend these values or add the missing options first; or accept the loss when publishing: the values stay in the \
                 retired column, and restoring the older revision brings them back.",
            ),
        )
    }

    fn duplicates(&self, step: &PlanStep, index: &IndexSpec, equal: &Equal) -> Diagnostic {
        let entity = self.catalog.entity(step.entity_id);
        let name_of = |id: &FieldId| entity.and_then(|entity| entity.field(*id)).map(|field| field.name.clone());
        let names: Vec<String> = index.fields.iter().filter_map(name_of).collect();
        let place = match index.fields.first() {
            Some(first) => Place::of_field(self.sources, &step.entity, *first),
            None => Place::of_entity(&step.entity),
        };
        let examples = |times: &str, between: &str| {
            let shown = equal
                .examples
                .iter()
                .map(|(values, rows)| format!("“{}”{times}{rows}", values.iter().map(shown).collect::<Vec<_>>().join(" / ")));
            shown.collect::<Vec<_>>().join(between)
        };
        place.finding(
            (Severity::Error, "duplicate_values"),
            (
                &format!(
                    "“{}”有 {} 条记录的“{}”重复，不能设为唯一，例如：{}。",
                    step.entity,
                    equal.rows,
                    names.join("、"),
                    examples("×", "、")
                ),
                &format!(
                    "{} record(s) of {} have equal values in {}, so it cannot become unique; for example {}.",
                    equal.rows,
                    step.entity,
                    names.join(", "),
                    examples(" × ", ", ")
                ),
            ),
            ("请先改正重复的记录，再发布。", "Mend the records with equal values first, then publish."),
        )
    }
}

/// A value as an example, cut where it is long.
fn shown(value: &Value) -> String {
    let text = match value {
        Value::Text(text) => text.clone(),
        Value::List(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => kontor_definitions::expr::json::value_json(other).to_string().trim_matches('"').to_owned(),
    };
    if text.chars().count() <= SHOWN {
        return text;
    }
    let cut: String = text.chars().take(SHOWN).collect();
    format!("{cut}…")
}
