//! Where the engine acts with rights over everything.
use super::none;
use crate::harness::repository::files;

/// The files that may call `Rights::definer`, each with the reason. A new entry is a decision about rights.
const CALLERS: [(&str, &str); 2] = [
    ("engine/apps/src/rights.rs", "who somebody is and which roles they have is known before any right of theirs is"),
    ("engine/records/src/shared.rs", "definitions run as their definer; what the person may read and write is decided apart"),
];

#[test]
fn definer_rights_are_rare() {
    let calling: Vec<String> = files("engine", &[".rs"])
        .into_iter()
        .filter(|file| !file.path.ends_with("/tests.rs") && !file.path.contains("/tests/"))
        .filter(|file| file.text.contains("Rights::definer("))
        .map(|file| file.path)
        .collect();
    let mut findings: Vec<String> = calling
        .iter()
        .filter(|path| !CALLERS.iter().any(|(known, _)| known == path))
        .map(|path| format!("{path} calls Rights::definer: list it in tests/suite/tidy/definer.rs with the reason"))
        .collect();
    findings.extend(
        CALLERS
            .iter()
            .filter(|(known, _)| !calling.iter().any(|path| path == known))
            .map(|(known, _)| format!("{known} no longer calls Rights::definer: take it off the list")),
    );
    none("rights over everything", &findings);
}
