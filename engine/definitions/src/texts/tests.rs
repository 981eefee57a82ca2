//! Which text a language sees.
use std::collections::BTreeMap;

use super::{canonical, of_value, seen, to_value, wanted};
use crate::value::Value;

#[test]
fn the_nearest_language_is_taken() {
    for (locale, first, tags) in [
        ("en", "zh-CN", vec!["en"]),
        ("zh-CN", "zh-CN", vec![]),
        ("en-GB", "zh-CN", vec!["en-GB", "en"]),
        ("en-GB", "en", vec!["en-GB"]),
        ("zh-Hans-CN", "en", vec!["zh-Hans-CN", "zh-Hans", "zh"]),
    ] {
        assert_eq!(wanted(locale, first), tags, "{locale} of {first}");
    }
    let texts = BTreeMap::from([("en".to_owned(), "Bolt".to_owned()), ("de".to_owned(), "Schraube".to_owned())]);
    let (own, others) = (Value::Text("螺栓".to_owned()), to_value(&texts));
    assert_eq!(of_value(&others), texts);
    for (locale, text) in [("en-GB", "Bolt"), ("de", "Schraube"), ("fr", "螺栓"), ("zh-CN", "螺栓")] {
        assert_eq!(seen(&own, &others, locale, "zh-CN"), Value::Text(text.to_owned()), "{locale}");
    }
    assert_eq!(seen(&own, &Value::Null, "en", "zh-CN"), own);
}

#[test]
fn tags_are_written_in_one_way() {
    for (tag, written) in [
        ("zh-cn", Some("zh-CN")),
        ("EN", Some("en")),
        ("zh-hans-cn", Some("zh-Hans-CN")),
        ("en", Some("en")),
        ("", None),
        ("e", None),
        ("english", None),
        ("en_GB", None),
        ("en-", None),
        ("中文", None),
    ] {
        assert_eq!(canonical(tag).as_deref(), written, "{tag}");
    }
}
