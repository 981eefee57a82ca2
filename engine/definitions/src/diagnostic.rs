//! Findings: what is wrong, where, and the way out.
use schemars::JsonSchema;
use serde::Serialize;

use crate::text::LocalText;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Must be mended before publishing.
    Error,
    /// May be published.
    Warning,
}

/// One finding of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// Stable code in snake_case, e.g. `unknown_field`; `docs/findings.md` explains each.
    pub code: String,
    /// File inside the app folder, `entities/order.json`, prefixed by `<app>/` where several apps are checked together.
    pub file: String,
    /// JSON pointer (RFC 6901) of the place, `/fields/3/default`.
    pub pointer: String,
    /// Line of the place, from 1.
    pub line: u32,
    /// Column of the place in characters, from 1.
    pub column: u32,
    /// What is wrong, in every language of the engine (`zh-CN`, `en`).
    pub message: LocalText,
    /// What to do about it.
    #[serde(skip_serializing_if = "LocalText::is_empty")]
    pub suggestion: LocalText,
}
