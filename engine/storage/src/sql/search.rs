//! Words found in a record's fields, each field only on the rows where the permit shows it.
use kontor_access::{FieldReach, Permit};
use kontor_definitions::FieldId;

use super::writer::{Place, Writer};
use crate::{bind::Bind, error::StorageError, query::Search, store::Dialect};

impl<'a> Writer<'a> {
    /// One condition per word: some field that the person may read on this row has all of its tokens.
    pub(crate) fn found(&mut self, permit: &'a Permit, place: &Place<'a>, search: &Search) -> Result<Vec<String>, StorageError> {
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
        for word in &search.words {
            let mut ways = Vec::new();
            if !always.is_empty() {
                ways.push(self.holds_word(place, word, &always)?);
            }
            for (grants, fields) in &somewhere {
                let rows = self.rows_of(permit, grants, place)?;
                ways.push(format!("({rows} AND {})", self.holds_word(place, word, fields)?));
            }
            conditions.push(if ways.is_empty() { "FALSE".to_owned() } else { format!("({})", ways.join(" OR ")) });
        }
        Ok(conditions)
    }

    /// Whether one of the fields has all tokens of a word.
    fn holds_word(&mut self, place: &Place<'a>, word: &[String], fields: &[FieldId]) -> Result<String, StorageError> {
        if word.is_empty() {
            return Ok("FALSE".to_owned());
        }
        let id = self.column(&place.alias, place.entity, FieldId::ID)?;
        let row = self.alias();
        let entity = self.bind(&Bind::text(place.entity.to_string()))?;
        let fields = fields.iter().map(|field| self.bind(&Bind::text(field.to_string()))).collect::<Result<Vec<_>, _>>()?;
        let of = format!("{row}.entity = {entity} AND {row}.field IN ({})", fields.join(", "));
        let table = self.system_table("search");
        Ok(match self.dialect {
            Dialect::Sqlite => {
                let (index, tokens) = (self.alias(), self.bind(&Bind::text(quoted_tokens(word, '"', " ")))?);
                format!(
                    "{id} IN (SELECT {row}.record FROM search_index AS {index} CROSS JOIN {table} AS {row} \
                     ON {row}.id = {index}.rowid WHERE {index}.search_index MATCH {tokens} AND {of})"
                )
            }
            Dialect::Postgres => {
                let tokens = self.bind(&Bind::text(quoted_tokens(word, '\'', " & ")))?;
                format!(
                    "{id} IN (SELECT {row}.record FROM {table} AS {row} \
                     WHERE array_to_tsvector(string_to_array({row}.tokens, ' ')) @@ ({tokens})::tsquery AND {of})"
                )
            }
        })
    }
}

/// Tokens as both query languages take them; what is no letter or digit has no place in a token and is left out.
fn quoted_tokens(word: &[String], quote: char, between: &str) -> String {
    let clean = |token: &String| token.chars().filter(|character| character.is_alphanumeric()).collect::<String>();
    let quoted: Vec<String> = word.iter().map(|token| format!("{quote}{}{quote}", clean(token))).collect();
    quoted.join(between)
}
