//! States, transitions and options: their names, and whether every state can be reached.
use std::collections::{BTreeSet, HashSet};

use super::{
    codes::Code,
    findings::Findings,
    names::{check_code, check_name},
    suggest::{nearest, suggest},
    types::Site,
};
use crate::{
    catalog::{StateMachine, Transition},
    id::{DefId, RoleId},
    model::{
        Kind,
        field::{OptionDoc, TransitionDoc},
    },
};

/// The state machine of a field. Conditions of transitions are resolved later.
pub(super) fn state_machine(site: &Site<'_>, findings: &mut Findings) -> Option<StateMachine> {
    let doc = site.doc;
    check_option_names(site, "states", &doc.states, findings);
    let initial = doc.initial.clone()?;
    let known = check_state(site, &initial, &site.at("initial"), findings);
    let mut moves = HashSet::new();
    let transitions = doc
        .transitions
        .iter()
        .enumerate()
        .map(|(index, transition)| {
            let pointer = site.at(&format!("transitions/{index}"));
            check_name(site.file, &format!("{pointer}/action"), &transition.action, findings);
            let twice = transition.from.iter().any(|from| !moves.insert((transition.action.clone(), from.clone())));
            if twice {
                findings.add(site.file, &format!("{pointer}/action"), Code::DuplicateName, &[&transition.action]);
            }
            transition_of(site, &pointer, transition, findings)
        })
        .collect::<Vec<_>>();
    if known {
        check_reachable(site, &initial, findings);
    }
    Some(StateMachine { states: doc.states.clone(), initial, transitions })
}

fn transition_of(site: &Site<'_>, pointer: &str, doc: &TransitionDoc, findings: &mut Findings) -> Transition {
    for (index, from) in doc.from.iter().enumerate() {
        check_state(site, from, &format!("{pointer}/from/{index}"), findings);
    }
    check_state(site, &doc.to, &format!("{pointer}/to"), findings);
    let roles = doc.roles.iter().enumerate().filter_map(|(index, role)| {
        match site.world.other_named(Kind::Role, site.app, role, Code::UnknownRole) {
            Ok(id) => Some(RoleId(id)),
            Err(wrong) => {
                wrong.tell(site.file, &format!("{pointer}/roles/{index}"), findings);
                None
            }
        }
    });
    Transition {
        roles: roles.collect(),
        id: doc.id.unwrap_or_else(|| DefId::system("lost")),
        action: doc.action.clone(),
        title: doc.title.clone(),
        from: doc.from.clone(),
        to: doc.to.clone(),
        when: None,
    }
}

fn check_state(site: &Site<'_>, name: &str, pointer: &str, findings: &mut Findings) -> bool {
    match site.doc.states.iter().find(|state| state.name == name) {
        Some(state) if !state.retired => true,
        Some(_) => {
            findings.add(site.file, pointer, Code::RetiredState, &[name]);
            false
        }
        None => {
            let (zh, en) = suggest(name, site.doc.states.iter().map(|state| state.name.as_str()));
            findings.add(site.file, pointer, Code::UnknownState, &[name, &zh, &en]);
            false
        }
    }
}

/// Every state but the initial one must be the end of a chain of transitions from the initial one.
fn check_reachable(site: &Site<'_>, initial: &str, findings: &mut Findings) {
    let mut reached: BTreeSet<&str> = BTreeSet::from([initial]);
    // A misspelt state was told already; for what it leads to it counts as the state that was meant.
    let meant = |name: &'_ str| {
        let states = || site.doc.states.iter().map(|state| state.name.as_str());
        states().find(|state| *state == name).or_else(|| nearest(name, states()))
    };
    loop {
        let before = reached.len();
        for transition in &site.doc.transitions {
            if transition.from.iter().filter_map(|from| meant(from)).any(|from| reached.contains(from)) {
                reached.extend(meant(&transition.to));
            }
        }
        if reached.len() == before {
            break;
        }
    }
    for (index, state) in site.doc.states.iter().enumerate() {
        if !state.retired && !reached.contains(state.name.as_str()) {
            findings.add(site.file, &site.at(&format!("states/{index}")), Code::UnreachableState, &[&state.name]);
        }
    }
}

/// Names of options or states: usable and given once.
pub(super) fn check_option_names(site: &Site<'_>, option: &str, options: &[OptionDoc], findings: &mut Findings) {
    const MAX_OPTIONS: usize = 1000;
    if options.len() > MAX_OPTIONS {
        findings.add(site.file, &site.at(option), Code::TooMany, &[option, &options.len().to_string(), &MAX_OPTIONS.to_string()]);
    }
    let mut seen = HashSet::new();
    for (index, entry) in options.iter().enumerate() {
        let pointer = site.at(&format!("{option}/{index}/name"));
        check_code(site.file, &pointer, &entry.name, findings);
        if !seen.insert(entry.name.as_str()) {
            findings.add(site.file, &pointer, Code::DuplicateName, &[&entry.name]);
        }
    }
}
