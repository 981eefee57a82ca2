//! A filter as a person writes it: an expression over what that person may read.
use std::{collections::BTreeSet, sync::Arc};

use kontor_definitions::{
    Aspect, Entity, FieldId, LocalText,
    expr::{CatalogNames, Expr, ExprError, ExprKind, Span, Type, compile, converts, folds, sensitive::sensitive_uses_in},
};

use crate::{
    finding::{Class, FieldError, Findings, Text},
    names::Names,
};

/// Characters of a filter.
pub(crate) const LONGEST: usize = 10_000;

/// Compiles a filter; everything that is wrong with it becomes a finding at `/filter`.
pub(crate) fn compiled(names: Names<'_>, entity: &Entity, text: Option<&str>, findings: &mut Findings) -> Option<Arc<Expr>> {
    let text = text?;
    if text.len() > LONGEST && text.chars().count() > LONGEST {
        findings.push(FieldError::new(
            Class::Malformed,
            "/filter",
            "too_long",
            Text {
                zh: &format!("筛选条件最多 {LONGEST} 个字符"), en: &format!("a filter has at most {LONGEST} characters")
            },
        ));
        return None;
    }
    let readable = |entity, field| names.readable(entity, field);
    let known = CatalogNames { catalog: names.catalog, entity: entity.id, params: &[], readable: &readable };
    match compile(text, &known, Some(&Type::Boolean)) {
        Ok(filter) if converts(&filter) => {
            findings.push(no_rates("/filter"));
            None
        }
        Ok(filter) if !folds(&filter, &|field| is_folded(names, field)) => {
            findings.push(not_folded("/filter"));
            None
        }
        Ok(filter) => {
            let uses = sensitive_uses_in(names.catalog, &filter, entity.id);
            if let Some(wrong) = uses.into_iter().find(|found| !found.comparison) {
                findings.push(no_such_comparison(text, wrong.span));
                return None;
            }
            Some(Arc::new(filter))
        }
        Err(errors) => {
            for error in errors {
                // The way out never depends on how near the name is to others: it is the same for a hidden field and for nothing.
                let known = (error.code == "unknown_field").then(|| names.known_fields(entity).borrowed().into());
                let mut finding = placed(error, text, "/filter");
                if let Some(known) = known {
                    finding.suggestion = known;
                }
                findings.push(finding);
            }
            None
        }
    }
}

/// Of sensitive fields the database knows only what is equal.
fn no_such_comparison(text: &str, span: Span) -> FieldError {
    let mut message = LocalText::from(Text {
        zh: "敏感字段只能用 ==、!= 或 in 与固定的值比较",
        en: "a sensitive field can only be compared with fixed values, by ==, != or in",
    });
    at_character(&mut message, text, span);
    let mut finding = FieldError::new(Class::Malformed, "/filter", "sensitive_comparison", Text { zh: "", en: "" });
    finding.message = message;
    finding.suggest(Text {
        zh: "例如 tax_number == \"X123\"，或判断是否为空：tax_number == ()",
        en: "for example tax_number == \"X123\", or ask whether it is empty: tax_number == ()",
    })
}

/// A sensitive field where its values would have to be put in order or combined.
pub(crate) fn sensitive(written: &str, pointer: &str) -> FieldError {
    FieldError::new(
        Class::Malformed,
        pointer,
        "sensitive_field",
        Text {
            zh: &format!("“{written}”是敏感字段，不能用来排序、分组或汇总"),
            en: &format!("\"{written}\" is sensitive: records cannot be ordered, grouped or combined by it"),
        },
    )
    .suggest(Text {
        zh: "请换一个字段；敏感字段只能用 ==、!=、in 筛选",
        en: "choose another field; a sensitive one can be filtered by ==, != and in",
    })
}

/// A filter runs inside the database, where no rates and units are at hand.
pub(crate) fn no_rates(pointer: &str) -> FieldError {
    let text = Text {
        zh: "列表和分组的条件里不能用 convert(…) 和 convert_unit(…)",
        en: "a condition of a list or of groups cannot use convert(…) and convert_unit(…)",
    };
    FieldError::new(Class::Malformed, pointer, "convert_not_here", text)
        .suggest(Text {
            zh: "用一个公式字段换算，再按这个字段筛选", en: "convert in a formula field and filter by that field"
        })
}

/// Whether the folded text of a field is stored.
fn is_folded(names: Names<'_>, field: FieldId) -> bool {
    let folded = field.aspect(Aspect::Folded);
    names.catalog.entities.values().any(|entity| entity.aspects.contains(&folded))
}

/// A filter runs inside the database, which folds no text.
pub(crate) fn not_folded(pointer: &str) -> FieldError {
    let text = Text {
        zh: "这里的 fold(…) 只能用于写明的文字，或保存了归一写法的字段",
        en: "here fold(…) takes a text as written, or a field whose folded text is stored",
    };
    FieldError::new(Class::Malformed, pointer, "fold_not_here", text).suggest(Text {
        zh: "用于记录的标题字段，或用于判断重复的字段",
        en: "use it on the field that is a record's label, or on one that tells duplicates",
    })
}

/// The finding for what is wrong with an expression that a person supplied.
pub(crate) fn placed(error: ExprError, text: &str, pointer: &str) -> FieldError {
    let mut message = error.message;
    at_character(&mut message, text, error.span);
    FieldError {
        pointer: pointer.to_owned(),
        code: error.code,
        message,
        suggestion: error.suggestion,
        class: Class::Malformed,
        other: None,
    }
}

/// Adds the place in the text to a message.
pub(crate) fn at_character(message: &mut LocalText, text: &str, span: Span) {
    let column = text.get(..span.start).map_or(1, |before| before.chars().count() + 1);
    for (locale, text) in &mut message.0 {
        let place =
            if locale.starts_with("zh") { format!("（第 {column} 个字符）") } else { format!(" (character {column})") };
        text.push_str(&place);
    }
}

/// The chains of references that an expression follows from its record.
pub(crate) fn references(expr: &Expr, found: &mut BTreeSet<Vec<FieldId>>) {
    expr.walk(&mut |expr| {
        if let ExprKind::Field { scope: 0, path } | ExprKind::Aggregate { scope: 0, path, .. } = &expr.kind {
            prefixes(path, found);
        }
    });
}

/// The chains of references of a path: of `a.b.c` these are `a` and `a.b`.
pub(crate) fn prefixes(path: &[FieldId], found: &mut BTreeSet<Vec<FieldId>>) {
    for length in 1..path.len() {
        if let Some(prefix) = path.get(..length) {
            found.insert(prefix.to_vec());
        }
    }
}
