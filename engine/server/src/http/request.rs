//! What a handler is given of a request: path, query and body, read strictly.
use std::collections::BTreeMap;

use std::net::IpAddr;

use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderName, header},
};
use indexmap::IndexMap;
use kontor_definitions::LocalText;
use kontor_records::{Input, Params, RecordsError};

use crate::{
    language::{Language, Text},
    problem::{Code, Issue, Problem},
};

/// A request, authenticated and read to its end.
pub(crate) struct Request {
    /// The language of the answer.
    pub(crate) language: Language,
    /// From where it comes.
    pub(crate) address: Option<IpAddr>,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The method and path with query, as they came: part of what an idempotency key stands for.
    pub(crate) target: String,
    pub(super) path: Vec<(String, String)>,
    pub(super) query: String,
    /// The body as it came.
    pub(crate) body: Bytes,
}

/// Query parameters or members of a body, all of them known.
#[derive(Debug)]
pub(crate) struct Query(Vec<(String, String)>);

impl Request {
    /// A part of the path by its name in the route; the route table makes sure that it is there.
    pub(crate) fn part(&self, name: &str) -> &str {
        self.path.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// A header's value as text.
    pub(crate) fn header(&self, name: HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The query as it was sent, decoded, for those who know its parameters themselves.
    pub(crate) fn params(&self) -> Result<Params, Problem> {
        let pairs = self.query.split('&').filter(|pair| !pair.is_empty());
        pairs
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                decode(name).zip(decode(value)).ok_or_else(|| {
                    let why = Text(
                        "地址中的百分号编码不正确（须为 UTF-8，且不含 NUL 字符）。",
                        "The percent encoding in the address is wrong (UTF-8 without NUL is expected).",
                    );
                    bad_parameter(name, why.with(&[]))
                })
            })
            .collect::<Result<_, _>>()
            .map(Params)
    }

    /// The query, in which only these parameters may stand, each once.
    pub(crate) fn query(&self, known: &[&str]) -> Result<Query, Problem> {
        let Params(pairs) = self.params()?;
        let unknown: Vec<&str> = pairs.iter().map(|(name, _)| name.as_str()).filter(|name| !known.contains(name)).collect();
        if !unknown.is_empty() {
            let message = Text("不认识的参数“{0}”。", "There is no parameter \"{0}\" here.");
            let none = Text("此地址不接受参数。", "This address takes no parameters.");
            return Err(Problem::new(Code::UnknownParameter).issues(strangers(
                "unknown_parameter",
                message,
                none,
                &unknown,
                known,
            )));
        }
        if let Some((name, _)) = pairs.iter().find(|(name, _)| pairs.iter().filter(|(other, _)| other == name).count() > 1) {
            return Err(bad_parameter(name, Text("该参数只能出现一次。", "The parameter may be given only once.").with(&[])));
        }
        Ok(Query(pairs))
    }

    /// Refuses a body that does not say that it is JSON.
    pub(crate) fn demand_json(&self) -> Result<(), Problem> {
        let declared = self.header(header::CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase();
        let mut parts = declared.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default();
        let charset = parts.find_map(|part| part.strip_prefix("charset="));
        if !["application/json", "application/merge-patch+json"].contains(&media)
            || charset.is_some_and(|name| name.trim_matches('"') != "utf-8")
        {
            let way_out = Text(
                "请以 Content-Type: application/json（UTF-8）发送。",
                "Send the body as Content-Type: application/json in UTF-8.",
            );
            return Err(Problem::new(Code::UnsupportedMediaType).because(way_out.with(&[])));
        }
        Ok(())
    }

    /// The body as JSON.
    pub(crate) fn input(&self) -> Result<Input, Problem> {
        self.demand_json()?;
        Ok(Input::parse(&self.body).map_err(RecordsError::Rejected)?)
    }

    /// The body as a JSON object in which only these members may stand. Where there is no body at all, none is needed.
    pub(crate) fn members(&self, known: &[&str]) -> Result<Members, Problem> {
        if self.body.is_empty() {
            return Ok(Members(IndexMap::new()));
        }
        let Input::Object(members) = self.input()? else { return Err(wrong_type("", Expected::Object)) };
        let unknown: Vec<&str> = members.keys().map(String::as_str).filter(|name| !known.contains(name)).collect();
        if unknown.is_empty() {
            return Ok(Members(members));
        }
        let message = Text("不认识的属性“{0}”。", "There is no property \"{0}\" here.");
        let none = Text("此处不接受任何属性。", "No properties are known here.");
        Err(Problem::new(Code::UnknownProperty).issues(strangers("unknown_property", message, none, &unknown, known)))
    }

    /// The revision that `If-Match` names; `*` and no header mean any.
    pub(crate) fn if_match(&self) -> Result<Option<i64>, Problem> {
        match self.header(header::IF_MATCH).map(str::trim) {
            None | Some("*") => Ok(None),
            Some(tag) => {
                let revision = tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"').parse();
                // A tag that is no revision of ours matches nothing.
                revision.map(Some).map_err(|_not_ours| Problem::new(Code::Stale))
            }
        }
    }
}

impl Query {
    /// A parameter, if it was given.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether a parameter says `true`; left out, it says no.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, Problem> {
        match self.get(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(bad_parameter(name, Text("可用的值：true、false。", "Use true or false.").with(&[]))),
        }
    }
}

/// The members of a body, all of them known.
#[derive(Debug)]
pub(crate) struct Members(IndexMap<String, Input>);

impl Members {
    /// A member that is a text; null counts as left out.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, Problem> {
        match self.0.get(name) {
            None | Some(Input::Null) => Ok(None),
            // No database keeps it, and nobody types it.
            Some(Input::Text(text)) if text.contains('\0') => {
                let message = Text("文本中含有 NUL 字符，请删除。", "The text contains a NUL character; remove it.");
                let issue = Issue::new(&below_root(name), "nul_character", message.with(&[]), LocalText::default());
                Err(Problem::new(Code::BadRequest).issues(vec![issue]))
            }
            Some(Input::Text(text)) => Ok(Some(text)),
            Some(Input::Bool(_) | Input::Number(_) | Input::List(_) | Input::Object(_)) => {
                Err(wrong_type(&below_root(name), Expected::Text))
            }
        }
    }

    /// A member that is true or false; left out it is false.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, Problem> {
        match self.0.get(name) {
            None | Some(Input::Null) => Ok(false),
            Some(Input::Bool(flag)) => Ok(*flag),
            Some(Input::Text(_) | Input::Number(_) | Input::List(_) | Input::Object(_)) => {
                Err(wrong_type(&below_root(name), Expected::Boolean))
            }
        }
    }

    /// A member that is an object of texts; left out it is empty.
    pub(crate) fn texts(&self, name: &str) -> Result<BTreeMap<String, String>, Problem> {
        let texts = match self.0.get(name) {
            None | Some(Input::Null) => return Ok(BTreeMap::new()),
            Some(Input::Object(texts)) => texts,
            Some(Input::Bool(_) | Input::Text(_) | Input::Number(_) | Input::List(_)) => {
                return Err(wrong_type(&below_root(name), Expected::Object));
            }
        };
        let text = |(key, value): (&String, &Input)| match value {
            Input::Text(text) => Ok((key.clone(), text.clone())),
            Input::Null | Input::Bool(_) | Input::Number(_) | Input::List(_) | Input::Object(_) => {
                Err(wrong_type(&format!("{}/{}", below_root(name), key.replace('~', "~0").replace('/', "~1")), Expected::Text))
            }
        };
        texts.iter().map(text).collect()
    }

    /// A member that is a list of texts; left out it is empty.
    pub(crate) fn list_of_texts(&self, name: &str) -> Result<Vec<String>, Problem> {
        let items = match self.0.get(name) {
            None | Some(Input::Null) => return Ok(Vec::new()),
            Some(Input::List(items)) => items,
            Some(Input::Bool(_) | Input::Text(_) | Input::Number(_) | Input::Object(_)) => {
                return Err(wrong_type(&below_root(name), Expected::List));
            }
        };
        let text = |(place, item): (usize, &Input)| match item {
            Input::Text(text) => Ok(text.clone()),
            Input::Null | Input::Bool(_) | Input::Number(_) | Input::List(_) | Input::Object(_) => {
                Err(wrong_type(&format!("{}/{place}", below_root(name)), Expected::Text))
            }
        };
        items.iter().enumerate().map(text).collect()
    }

    /// A member that is a text and must be there.
    pub(crate) fn required_text(&self, name: &str) -> Result<&str, Problem> {
        self.text(name)?.ok_or_else(|| {
            let issue = Issue::new(
                &below_root(name),
                "required",
                Text("必须填写“{0}”。", "\"{0}\" is required.").with(&[name]),
                LocalText::default(),
            );
            Problem::new(Code::BadRequest).issues(vec![issue])
        })
    }
}

/// What a body or member should have been.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Expected {
    /// `{…}`
    Object,
    /// `[…]`
    List,
    /// `"…"`
    Text,
    /// `true` or `false`
    Boolean,
}

/// A body or member of the wrong JSON type.
pub(crate) fn wrong_type(pointer: &str, expected: Expected) -> Problem {
    let message = match expected {
        Expected::Object => Text("这里应当是一个 JSON 对象。", "An object is expected here."),
        Expected::List => Text("这里应当是一个列表。", "A list is expected here."),
        Expected::Text => Text("这里应当是一段文本。", "A text is expected here."),
        Expected::Boolean => Text("这里应当是 true 或 false。", "true or false is expected here."),
    };
    Problem::new(Code::BadType).issues(vec![Issue::new(pointer, "wrong_type", message.with(&[]), LocalText::default())])
}

/// A query parameter with a value that cannot be used.
pub(crate) fn bad_parameter(name: &str, why: LocalText) -> Problem {
    Problem::new(Code::BadParameter).issues(vec![Issue::new(&below_root(name), "bad_parameter", why, LocalText::default())])
}

/// An issue for each name that is not known, with those that are.
fn strangers(code: &str, message: Text, none_known: Text, unknown: &[&str], known: &[&str]) -> Vec<Issue> {
    let suggestion = if known.is_empty() {
        none_known.with(&[])
    } else {
        Text("可用：{0}。", "Known here: {0}.").with(&[&known.join(", ")])
    };
    let issue = |name: &&str| {
        let shown: String = name.chars().take(60).collect();
        Issue::new(&below_root(name), code, message.with(&[&shown]), suggestion.clone())
    };
    unknown.iter().map(issue).collect()
}

fn below_root(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// Decodes `%XX` and `+`; `None` for broken escapes, what is not UTF-8, and NUL.
fn decode(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = char::from(bytes.next()?).to_digit(16)?;
                let low = char::from(bytes.next()?).to_digit(16)?;
                u8::try_from(high * 16 + low).ok()?
            }
            plain => plain,
        });
    }
    String::from_utf8(out).ok().filter(|text| !text.contains('\0'))
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn escapes_are_decoded_or_refused() {
        assert_eq!(decode("a+b%20%E4%B8%AD").as_deref(), Some("a b 中"));
        for bad in ["%", "%4", "%zz", "%ff", "%00"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }
}
