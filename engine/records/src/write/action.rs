//! Transitions of a record's state.
use std::sync::Arc;

use kontor_access::{Action, decide};
use kontor_definitions::{Entity, Value, catalog::Transition, expr::eval::holds};

use super::{
    draft::Work,
    load,
    pipeline::{Bench, check_live},
    view::View,
};
use crate::{
    coerce::parse_id,
    error::RecordsError,
    finding::{Class, FieldError, Text, below, quoted},
    frame::Frame,
    input::Input,
    session::{Session, Shown},
};

impl Session<'_> {
    /// Runs a transition of the record's state machine.
    pub fn run_action(
        &mut self,
        entity: &str,
        id: &str,
        action: &str,
        input: &Input,
        if_match: Option<i64>,
    ) -> Result<Shown, RecordsError> {
        let frame = Arc::clone(&self.frame);
        let entity = self.entity(entity, Action::Read)?;
        let moves = moves(&frame, &entity, action);
        if moves.is_empty() {
            return Err(RecordsError::NotFound);
        }
        let id = parse_id(id).ok_or(RecordsError::NotFound)?;
        // Whoever holds the action right may use it on every record they may read.
        let mut works = self.stored_works(&entity, &[(id, String::new(), None)], Action::Read, if_match)?;
        let Some(work) = works.first_mut() else { return Err(RecordsError::NotFound) };
        check_live(work);
        no_inputs(input, work);
        if work.draft.plan.reads_lines {
            load::load_lines(&frame, self.tx, &mut [&mut work.draft])?;
        }
        let Some((field, _)) = entity.state() else { return Err(RecordsError::NotFound) };
        let Some(place) = entity.index_of(field.id) else { return Err(RecordsError::NotFound) };
        let mut bench = Bench::new(&frame);
        self.prepare(&mut bench, std::slice::from_mut(work), false)?;
        let state = match work.draft.at(place) {
            Value::Text(state) => state.clone(),
            _ => String::new(),
        };
        bench.env.today = frame.today_of(&work.draft);
        let step = moves.iter().find(|step| step.from.contains(&state));
        match step {
            None => work.findings.push(wrong_state(&frame, &entity, &state)),
            Some(step) => {
                if let Some(when) = &step.when {
                    let view = View { draft: &work.draft, parent: None, known: &bench.known, env: &bench.env };
                    if !holds(when, &view, &bench.env).unwrap_or(false) {
                        work.findings.push(condition_not_met(step));
                    }
                }
                work.draft.set(place, Value::Text(step.to.clone()));
                work.name.clone_from(&step.action);
            }
        }
        if work.findings.is_empty() {
            self.settle(&mut bench, work)?;
        }
        if !work.findings.is_empty() {
            return Err(std::mem::take(&mut work.findings).into());
        }
        let revision = self.commit(&bench, work)?;
        if !work.findings.is_empty() {
            return Err(std::mem::take(&mut work.findings).into());
        }
        self.cascade()?;
        self.answer(&entity, work, revision)
    }
}

/// The transitions of that name that the person may use.
fn moves<'e>(frame: &Frame, entity: &'e Entity, action: &str) -> Vec<&'e Transition> {
    let Some((_, machine)) = entity.state() else { return Vec::new() };
    let definer = decide(&frame.rights, Action::Update, entity.id).is_ok_and(kontor_access::Permit::is_definer);
    let roles = &frame.rights.actor().roles;
    machine
        .transitions
        .iter()
        .filter(|step| step.action == action && frame.rights.may_run(entity.id, action))
        .filter(|step| definer || step.roles.is_empty() || step.roles.iter().any(|role| roles.contains(role)))
        .collect()
}

fn no_inputs(input: &Input, work: &mut Work) {
    match input {
        Input::Null => {}
        Input::Object(properties) => {
            for key in properties.keys() {
                let shown = quoted(key);
                let text = Text {
                    zh: &format!("此操作没有输入项“{shown}”"),
                    en: &format!("the action has no input \"{shown}\""),
                };
                work.findings.push(FieldError::new(Class::Malformed, below("", key), "unknown_property", text));
            }
        }
        other => work.findings.push(super::coerce::wrong_type("", other, Text { zh: "对象", en: "an object" })),
    }
}

/// A state that the person may not see is not told.
fn wrong_state(frame: &Frame, entity: &Entity, state: &str) -> FieldError {
    let seen = entity.state().filter(|(field, _)| frame.names().readable(entity.id, field.id));
    let title = seen.and_then(|(field, machine)| {
        let found = machine.states.iter().find(|option| option.name == state)?;
        Some((field.name.clone(), found.title.clone()))
    });
    match title {
        None => FieldError::new(
            Class::Conflict,
            "",
            "wrong_state",
            Text { zh: "记录目前的状态不允许此操作", en: "the record's state does not allow this action" },
        ),
        Some((name, title)) => {
            let (zh, en) = (title.get("zh-CN").unwrap_or(state), title.get("en").unwrap_or(state));
            FieldError::new(
                Class::Conflict,
                below("", &name),
                "wrong_state",
                Text {
                    zh: &format!("记录处于“{zh}”状态，不能执行此操作"),
                    en: &format!("the record is in the state \"{en}\", which does not allow this action"),
                },
            )
        }
    }
}

fn condition_not_met(step: &Transition) -> FieldError {
    let (zh, en) = (step.title.get("zh-CN").unwrap_or(&step.action), step.title.get("en").unwrap_or(&step.action));
    FieldError::new(
        Class::Refused,
        "",
        "condition_not_met",
        Text {
            zh: &format!("记录还不满足“{zh}”的条件"), en: &format!("the record does not meet the condition of \"{en}\"")
        },
    )
}
