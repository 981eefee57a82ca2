//! Words found in a record's fields, each field only on the rows where the permit shows it.
//!
//! On SQLite the statement says how the index is used. A rare word leads: its records are taken from the index. For a word that
//! stands in many places that would read thousands of wide rows of `search` for one page, so rows are walked in the order of
//! the page, and each is looked up among the places of the word. PostgreSQL's planner chooses by its statistics.
use kontor_access::{FieldReach, Permit};
use kontor_definitions::FieldId;

use super::writer::{Place, Writer};
use crate::{bind::Bind, error::StorageError, query::Search, store::Dialect};

impl<'a> Writer<'a> {
    /// One condition per word: some field that the person may read on this row has all of its tokens.
    /// Of words that stand in many places (`often`) rows are asked, all others lead to rows.
    pub(crate) fn found(
        &mut self,
        permit: &'a Permit,
        place: &Place<'a>,
        search: &Search,
        often: &[bool],
    ) -> Result<Vec<String>, StorageError> {
        let mut always = Vec::new();
        let mut somewhere: Vec<(Vec<usize>, Vec<FieldId>)> = Vec::new();
        for field in &search.fields {
            match permit.reach(*field) {
                FieldReach::Never => {}
                FieldReach::Always => always.push(*field),
                FieldReach::Grants(grants) => match somewhere.iter_mut().find(|(known, _)| *known == grants) {
                    Some((_, fields)) => fields.push(*field),
                    None => somewhere.push((grants, vec![*field])),
                },
            }
        }
        let mut conditions = Vec::with_capacity(search.words.len());
        for (number, word) in search.words.iter().enumerate() {
            let word = Word { tokens: word, often: often.get(number).copied().unwrap_or_default() };
            let mut ways = Vec::new();
            if !always.is_empty() {
                ways.push(self.holds_word(place, &word, &always)?);
            }
            for (grants, fields) in &somewhere {
                let rows = self.rows_of(permit, grants, place)?;
                ways.push(format!("({rows} AND {})", self.holds_word(place, &word, fields)?));
            }
            conditions.push(if ways.is_empty() { "FALSE".to_owned() } else { format!("({})", ways.join(" OR ")) });
        }
        Ok(conditions)
    }

    /// Whether one of the fields has all tokens of a word.
    fn holds_word(&mut self, place: &Place<'a>, word: &Word<'_>, fields: &[FieldId]) -> Result<String, StorageError> {
        if word.tokens.is_empty() {
            return Ok("FALSE".to_owned());
        }
        let id = self.column(&place.alias, place.entity, FieldId::ID)?;
        let row = self.alias();
        let entity = self.bind(&Bind::text(place.entity.to_string()))?;
        let fields = fields.iter().map(|field| self.bind(&Bind::text(field.to_string()))).collect::<Result<Vec<_>, _>>()?;
        let of = format!("{row}.entity = {entity} AND {row}.field IN ({})", fields.join(", "));
        let table = self.system_table("search");
        Ok(match self.dialect {
            Dialect::Sqlite if word.often => {
                let (index, tokens) = (self.alias(), self.bind(&Bind::text(asked(self.dialect, word.tokens)))?);
                // The plus keeps SQLite from asking the full-text index anew for every row.
                format!(
                    "EXISTS (SELECT 1 FROM {table} AS {row} WHERE {row}.record = {id} AND {of} AND +{row}.id IN \
                     (SELECT {index}.rowid FROM search_index AS {index} WHERE {index}.search_index MATCH {tokens}))"
                )
            }
            Dialect::Sqlite => {
                let (index, tokens) = (self.alias(), self.bind(&Bind::text(asked(self.dialect, word.tokens)))?);
                format!(
                    "{id} IN (SELECT {row}.record FROM search_index AS {index} CROSS JOIN {table} AS {row} \
                     ON {row}.id = {index}.rowid WHERE {index}.search_index MATCH {tokens} AND {of})"
                )
            }
            Dialect::Postgres => {
                let tokens = self.bind(&Bind::text(asked(self.dialect, word.tokens)))?;
                format!(
                    "{id} IN (SELECT {row}.record FROM {table} AS {row} \
                     WHERE array_to_tsvector(string_to_array({row}.tokens, ' ')) @@ ({tokens})::tsquery AND {of})"
                )
            }
        })
    }
}

/// A word that is looked for.
struct Word<'w> {
    tokens: &'w [String],
    often: bool,
}

/// All tokens of a word as the query language of the index takes them.
pub(crate) fn asked(dialect: Dialect, word: &[String]) -> String {
    match dialect {
        Dialect::Sqlite => quoted_tokens(word, '"', " "),
        Dialect::Postgres => quoted_tokens(word, '\'', " & "),
    }
}

/// Tokens as both query languages take them; what is no letter or digit has no place in a token and is left out.
fn quoted_tokens(word: &[String], quote: char, between: &str) -> String {
    let clean = |token: &String| token.chars().filter(|character| character.is_alphanumeric()).collect::<String>();
    let quoted: Vec<String> = word.iter().map(|token| format!("{quote}{}{quote}", clean(token))).collect();
    quoted.join(between)
}
