//! What a handler is given of a request: path, query and body, read strictly, every complaint at once.
use std::collections::BTreeMap;

use axum::{
    body::Bytes,
    http::{HeaderMap, header},
};
use kontor_definitions::LocalText;
use serde_json::{Map, Value};

use super::json::{self, BadJson, Fault};
use crate::{
    language::{Language, Text},
    problem::{Code, Issue, Problem},
};

/// A request, authenticated and read to its end.
pub(crate) struct Request {
    /// The language of the answer.
    pub(crate) language: Language,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The method and path with query, as they came: part of what an idempotency key stands for.
    pub(crate) target: String,
    pub(super) path: Vec<(String, String)>,
    pub(super) query: String,
    /// The body as it came.
    pub(crate) body: Bytes,
}

/// Query parameters, each at most once, all of them known.
#[derive(Debug)]
pub(crate) struct Query(BTreeMap<String, String>);

impl Request {
    /// A part of the path by its name in the route; the route table makes sure that it is there.
    pub(crate) fn part(&self, name: &str) -> &str {
        self.path.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// A whole number in the path; anything else names nothing.
    pub(crate) fn number(&self, name: &str) -> Result<u64, Problem> {
        self.part(name).parse().map_err(|_not_a_number| Problem::new(Code::NotFound))
    }

    /// A header's value as text.
    pub(crate) fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The query, in which only these parameters may stand.
    pub(crate) fn query(&self, known: &[&str]) -> Result<Query, Problem> {
        let mut found = BTreeMap::new();
        let mut unknown = Vec::new();
        for pair in self.query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name), decode(value));
            let (Some(name), Some(value)) = (name, value) else {
                return Err(bad_parameter(
                    pair.split('=').next().unwrap_or_default(),
                    Text("地址中的编码不正确。", "The encoding in the address is wrong.").with(&[]),
                ));
            };
            if !known.contains(&name.as_str()) {
                unknown.push(name);
            } else if found.insert(name.clone(), value).is_some() {
                return Err(bad_parameter(
                    &name,
                    Text("该参数只能出现一次。", "The parameter may be given only once.").with(&[]),
                ));
            }
        }
        if unknown.is_empty() { Ok(Query(found)) } else { Err(unknown_parameters(&unknown, known)) }
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Result<Value, Problem> {
        let declared = self.header(header::CONTENT_TYPE).unwrap_or_default();
        let mut parts = declared.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default();
        let charset = parts.find_map(|part| part.to_ascii_lowercase().strip_prefix("charset=").map(str::to_owned));
        let json = media.eq_ignore_ascii_case("application/json") || media.eq_ignore_ascii_case("application/merge-patch+json");
        if !json || charset.is_some_and(|name| name.trim_matches('"') != "utf-8") {
            return Err(Problem::new(Code::UnsupportedMediaType).because(
                Text(
                    "请以 Content-Type: application/json（UTF-8）发送内容。",
                    "Send the body as Content-Type: application/json in UTF-8.",
                )
                .with(&[]),
            ));
        }
        json::parse(&self.body).map_err(|bad| bad_json(&bad))
    }

    /// The body as a JSON object.
    pub(crate) fn object(&self) -> Result<Map<String, Value>, Problem> {
        match self.json()? {
            Value::Object(members) => Ok(members),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                Err(wrong_type("", Expected::Object))
            }
        }
    }

    /// The body as a JSON object in which only these members may stand; an empty body counts as an empty object.
    pub(crate) fn members(&self, known: &[&str]) -> Result<Map<String, Value>, Problem> {
        if self.body.is_empty() {
            return Ok(Map::new());
        }
        let members = self.object()?;
        let issues: Vec<Issue> = members
            .keys()
            .filter(|name| !known.contains(&name.as_str()))
            .map(|name| {
                Issue::new(
                    &format!("/{}", name.replace('~', "~0").replace('/', "~1")),
                    "unknown_property",
                    Text("不认识的属性“{0}”。", "There is no property \"{0}\" here.").with(&[name]),
                    Text("可用的属性：{0}。", "Known here: {0}.").with(&[&known.join(", ")]),
                )
            })
            .collect();
        if issues.is_empty() { Ok(members) } else { Err(Problem::new(Code::UnknownProperty).issues(issues)) }
    }
}

impl Query {
    /// A parameter, if it was given.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A parameter that is `true` or `false`; false where it is not given.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, Problem> {
        match self.get(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(bad_parameter(name, Text("只能是 true 或 false。", "It can only be true or false.").with(&[]))),
        }
    }
}

/// What a body or member should have been.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Expected {
    /// `{…}`
    Object,
    /// `"…"`
    Text,
    /// `[…]`
    List,
}

/// A member of the wrong JSON type.
pub(crate) fn wrong_type(pointer: &str, expected: Expected) -> Problem {
    let message = match expected {
        Expected::Object => Text("这里应当是一个 JSON 对象。", "An object is expected here."),
        Expected::Text => Text("这里应当是一段文本。", "A text is expected here."),
        Expected::List => Text("这里应当是一个列表。", "A list is expected here."),
    };
    Problem::new(Code::BadType).issues(vec![Issue::new(pointer, "wrong_type", message.with(&[]), LocalText::default())])
}

/// A query parameter with a value that cannot be used.
pub(crate) fn bad_parameter(name: &str, why: LocalText) -> Problem {
    Problem::new(Code::BadParameter).issues(vec![Issue::new(&format!("?{name}"), "bad_parameter", why, LocalText::default())])
}

fn unknown_parameters(unknown: &[String], known: &[&str]) -> Problem {
    let suggestion = if known.is_empty() {
        Text("此地址不接受参数。", "This address takes no parameters.").with(&[])
    } else {
        Text("可用的参数：{0}。", "Known here: {0}.").with(&[&known.join(", ")])
    };
    let issue = |name: &String| {
        Issue::new(
            &format!("?{name}"),
            "unknown_parameter",
            Text("不认识的参数“{0}”。", "There is no parameter \"{0}\" here.").with(&[name]),
            suggestion.clone(),
        )
    };
    Problem::new(Code::UnknownParameter).issues(unknown.iter().map(issue).collect())
}

fn bad_json(bad: &BadJson) -> Problem {
    let (code, message, suggestion) = match &bad.fault {
        Fault::Syntax => ("syntax", Text("此处不是有效的 JSON。", "This is not JSON here."), Text("", "")),
        Fault::NotUtf8 => (
            "not_utf8",
            Text("内容不是 UTF-8 编码。", "The text is not UTF-8."),
            Text("请以 UTF-8 编码发送。", "Send it as UTF-8."),
        ),
        Fault::Trailing => (
            "trailing_text",
            Text("JSON 值之后还有多余的内容。", "There is text after the JSON value."),
            Text("每次请求只发送一个 JSON 值。", "Send one JSON value per request."),
        ),
        Fault::DuplicateKey(_) => (
            "duplicate_key",
            Text("属性“{0}”出现了两次。", "The property \"{0}\" occurs twice."),
            Text("请只保留一个。", "Keep one of them."),
        ),
        Fault::Nul => (
            "nul_character",
            Text("文本中含有 NUL 字符。", "The text contains a NUL character."),
            Text("请删除该字符。", "Remove it."),
        ),
        Fault::LoneSurrogate => (
            "lone_surrogate",
            Text("文本中含有不完整的 Unicode 代理字符。", "The text contains half of a surrogate pair."),
            Text("请发送完整的字符。", "Send the whole character."),
        ),
        Fault::Inexact => (
            "inexact_number",
            Text("该数字位数过多，无法精确表示。", "The number has more digits than a JSON number keeps."),
            Text("请以字符串发送，例如 \"1234.50\"。", "Send it as a string such as \"1234.50\"."),
        ),
        Fault::TooDeep => {
            ("too_deep", Text("嵌套层数过多。", "It is nested too deep."), Text("最多 64 层。", "64 levels are the most."))
        }
    };
    let name = if let Fault::DuplicateKey(name) = &bad.fault { name.as_str() } else { "" };
    let suggestion = if suggestion.0.is_empty() { LocalText::default() } else { suggestion.with(&[]) };
    let (line, column) = (bad.line.to_string(), bad.column.to_string());
    Problem::new(Code::BadJson)
        .because(Text("第 {0} 行第 {1} 列。", "Line {0}, column {1}.").with(&[&line, &column]))
        .issues(vec![Issue::new(&bad.pointer, code, message.with(&[name]), suggestion)])
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
