//! "Did you mean": the nearest of the names that would have been right.

/// Suggestion texts (zh-CN, en): the nearest candidate, otherwise the list of all if it is short.
pub(super) fn suggest<'a>(wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> (String, String) {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    if let Some(near) = nearest(wrong, candidates.iter().copied()) {
        return (format!("是不是“{near}”？"), format!("did you mean \"{near}\"?"));
    }
    match candidates.len() {
        0 => ("先创建它".to_owned(), "create it first".to_owned()),
        1..=12 => (format!("可用的有：{}", candidates.join("、")), format!("possible are {}", candidates.join(", "))),
        _ => {
            let some: Vec<&str> = candidates.iter().take(10).copied().collect();
            (format!("可用的有：{} 等", some.join("、")), format!("possible are {} and others", some.join(", ")))
        }
    }
}

/// The nearest candidate, if at most a third of the word differs.
pub(super) fn nearest<'a>(wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (wrong.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (distance(wrong, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Insertions, deletions and replacements between two words.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (line, char) in a.chars().take(64).enumerate() {
        let mut above_left = line;
        let mut left = line + 1;
        let mut next = vec![left];
        for (other, above) in b.iter().zip(row.iter().skip(1)) {
            left = (above_left + usize::from(*other != char)).min(above + 1).min(left + 1);
            above_left = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}
