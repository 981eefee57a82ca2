//! An error answer, RFC 9457 `application/problem+json`, independent of the language until it is written out.
use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Response, StatusCode, header},
};
use kontor_definitions::LocalText;
use serde_json::{Map, Value, json};

use crate::language::{Language, Text};

/// One thing wrong with an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// JSON pointer into the body, or `?name` for a query parameter.
    pub pointer: String,
    /// Stable code.
    pub code: String,
    /// What is wrong.
    pub message: LocalText,
    /// The way out.
    pub suggestion: LocalText,
    /// A record that stands in the way and that the person may read: its entity and id.
    pub record: Option<(String, String)>,
}

/// An error answer. Boxed, because it travels as the error of almost every function here.
#[derive(Clone, Debug)]
pub struct Problem(Box<Content>);

#[derive(Clone, Debug)]
struct Content {
    code: String,
    status: StatusCode,
    title: LocalText,
    detail: LocalText,
    issues: Vec<Issue>,
    members: Map<String, Value>,
    headers: HeaderMap,
}

/// The problems that the server itself reports: status, stable code, title in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is described by its title below")]
pub enum Code {
    BadRequest,
    BadJson,
    BadType,
    UnknownParameter,
    BadParameter,
    UnknownProperty,
    NotSignedIn,
    WrongCredentials,
    BadCsrfToken,
    NotFound,
    MethodNotAllowed,
    Conflict,
    Stale,
    TooLarge,
    UnsupportedMediaType,
    Invalid,
    TooManyAttempts,
    TooManyStreams,
    Bug,
    Unavailable,
    Overloaded,
    TimedOut,
    DiskFull,
}

impl Code {
    /// Status, stable code, title.
    fn parts(self) -> (StatusCode, &'static str, Text) {
        match self {
            Self::BadRequest => {
                (StatusCode::BAD_REQUEST, "bad_request", Text("请求无法理解", "The request cannot be understood"))
            }
            Self::BadJson => (StatusCode::BAD_REQUEST, "bad_json", Text("请求内容不是有效的 JSON", "The body is not valid JSON")),
            Self::BadType => (StatusCode::BAD_REQUEST, "wrong_type", Text("数据类型不对", "A value has the wrong type")),
            Self::UnknownParameter => {
                (StatusCode::BAD_REQUEST, "unknown_parameter", Text("有不认识的参数", "There is an unknown parameter"))
            }
            Self::BadParameter => {
                (StatusCode::BAD_REQUEST, "bad_parameter", Text("参数的值不正确", "A parameter has a wrong value"))
            }
            Self::UnknownProperty => {
                (StatusCode::BAD_REQUEST, "unknown_property", Text("有不认识的属性", "There is an unknown property"))
            }
            Self::NotSignedIn => (StatusCode::UNAUTHORIZED, "not_signed_in", Text("尚未登录", "Not signed in")),
            Self::WrongCredentials => {
                (StatusCode::UNAUTHORIZED, "wrong_credentials", Text("邮箱或密码不正确", "Wrong e-mail or password"))
            }
            Self::BadCsrfToken => (StatusCode::FORBIDDEN, "bad_csrf_token", Text("页面已失效", "The page is out of date")),
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found", Text("找不到", "Not found")),
            Self::MethodNotAllowed => (
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                Text("此地址不支持这种操作", "This address does not support the method"),
            ),
            Self::Conflict => (StatusCode::CONFLICT, "conflict", Text("与当前状态冲突", "It conflicts with the present state")),
            Self::Stale => (StatusCode::PRECONDITION_FAILED, "stale", Text("已被他人修改", "Somebody has changed it meanwhile")),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too_large", Text("请求内容过大", "The body is too large")),
            Self::UnsupportedMediaType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                Text("不支持的内容类型", "The content type is not supported"),
            ),
            Self::Invalid => (StatusCode::UNPROCESSABLE_ENTITY, "invalid", Text("内容未被接受", "The input was not accepted")),
            Self::TooManyAttempts => {
                (StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", Text("尝试次数过多", "Too many attempts"))
            }
            Self::TooManyStreams => {
                (StatusCode::TOO_MANY_REQUESTS, "too_many_streams", Text("打开的页面过多", "Too many pages are open"))
            }
            Self::Bug => (StatusCode::INTERNAL_SERVER_ERROR, "internal_error", Text("服务器内部错误", "Internal error")),
            Self::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                Text("服务暂时不可用", "The service is not available at the moment"),
            ),
            Self::Overloaded => (StatusCode::SERVICE_UNAVAILABLE, "overloaded", Text("服务器繁忙", "The server is busy")),
            Self::TimedOut => (StatusCode::SERVICE_UNAVAILABLE, "timed_out", Text("处理时间过长", "It took too long")),
            Self::DiskFull => (StatusCode::INSUFFICIENT_STORAGE, "disk_full", Text("磁盘空间已满", "The disk is full")),
        }
    }
}

impl Problem {
    /// One of the server's own problems.
    pub fn new(code: Code) -> Self {
        let (status, name, title) = code.parts();
        Self(Box::new(Content {
            code: name.to_owned(),
            status,
            title: title.with(&[]),
            detail: LocalText::default(),
            issues: Vec::new(),
            members: Map::new(),
            headers: HeaderMap::new(),
        }))
    }

    /// The same kind of problem under a code of its own.
    #[must_use]
    pub fn named(mut self, code: &str) -> Self {
        code.clone_into(&mut self.0.code);
        self
    }

    /// With another title.
    #[must_use]
    pub fn titled(mut self, title: LocalText) -> Self {
        self.0.title = title;
        self
    }

    /// With an explanation and the way out.
    #[must_use]
    pub fn because(mut self, detail: LocalText) -> Self {
        self.0.detail = detail;
        self
    }

    /// With what is wrong, place by place.
    #[must_use]
    pub fn issues(mut self, issues: Vec<Issue>) -> Self {
        self.0.issues = issues;
        self
    }

    /// With a member of its own.
    #[must_use]
    pub fn member(mut self, name: &str, value: Value) -> Self {
        self.0.members.insert(name.to_owned(), value);
        self
    }

    /// With a header.
    #[must_use]
    pub fn header(mut self, name: header::HeaderName, value: HeaderValue) -> Self {
        self.0.headers.insert(name, value);
        self
    }

    /// The body in a language.
    pub fn body(&self, language: Language) -> Value {
        let mut body = Map::new();
        body.insert("type".to_owned(), json!(format!("https://kontor.dev/errors/{}", self.0.code)));
        body.insert("title".to_owned(), json!(language.pick(&self.0.title)));
        body.insert("status".to_owned(), json!(self.0.status.as_u16()));
        body.insert("code".to_owned(), json!(self.0.code));
        if !self.0.detail.is_empty() {
            body.insert("detail".to_owned(), json!(language.pick(&self.0.detail)));
        }
        if !self.0.issues.is_empty() {
            body.insert("errors".to_owned(), self.0.issues.iter().map(|issue| issue.json(language)).collect());
        }
        body.extend(self.0.members.iter().map(|(name, value)| (name.clone(), value.clone())));
        Value::Object(body)
    }

    /// The answer in a language.
    pub fn respond(self, language: Language) -> Response<Body> {
        let body = self.body(language).to_string();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.0.status;
        *response.headers_mut() = self.0.headers;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

impl Issue {
    /// An issue of the server's own.
    pub fn new(pointer: &str, code: &str, message: LocalText, suggestion: LocalText) -> Self {
        Self { pointer: pointer.to_owned(), code: code.to_owned(), message, suggestion, record: None }
    }

    /// As an item of `errors`.
    pub fn json(&self, language: Language) -> Value {
        let mut item = json!({"pointer": self.pointer, "code": self.code, "message": language.pick(&self.message)});
        if !self.suggestion.is_empty()
            && let Some(item) = item.as_object_mut()
        {
            item.insert("suggestion".to_owned(), json!(language.pick(&self.suggestion)));
        }
        if let (Some((entity, id)), Some(item)) = (&self.record, item.as_object_mut()) {
            item.insert("record".to_owned(), json!({"entity": entity, "id": id}));
        }
        item
    }
}
