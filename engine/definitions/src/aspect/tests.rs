//! The order of names, and which spellings are one name.
use super::{folded, sort_key};
use crate::{Aspect, FieldId, id::DefId};

#[test]
fn names_stand_in_the_order_of_their_sounds() {
    let order = [
        "",
        "-x",
        "1",
        "2",
        "10",
        "阿里",
        "北京",
        "成都",
        "重庆",
        "客户2",
        "客户10",
        "厦门",
        "上海",
        "石家庄",
        "银行",
        "中国",
        "重量",
        "ábc",
        "ABD",
        "acme",
        "Acme",
        "ＡＣＭＥ",
        "Acme 2",
        "acme 10",
        "éclair",
        "Zeta",
    ];
    let keys: Vec<String> = order.iter().map(|text| sort_key(text)).collect();
    for (pair, texts) in keys.windows(2).zip(order.windows(2)) {
        assert!(pair[0] < pair[1], "{texts:?}");
    }
    assert!(keys.iter().all(|key| !key.contains('\0')));
    assert_eq!(sort_key(&"上海".repeat(60)), sort_key(&"上海".repeat(70)));
}

#[test]
fn spellings_of_one_name_fold_to_one_text() {
    let same: [&[&str]; 6] = [
        &["acme", "ACME Co., Ltd.", "Ａｃｍｅ　ＣＯ．，ＬＴＤ", "acme inc", "Acme, L.L.C.", "ACME (Group) Ltd", "a c m e"],
        &["mullersohne", "Müller & Söhne GmbH & Co. KG", "muller and sohne"],
        &[
            "上海华通贸易",
            "上海华通贸易有限公司",
            "上海 华通贸易（集团）股份有限公司",
            "上海华通贸易集团",
            "上海华通贸易有限责任公司",
        ],
        &["strasse", "Straße AG"],
        &["集团", "集团", "集团有限公司"],
        &["--", " -- "],
    ];
    for names in &same[..1] {
        for name in *names {
            assert_eq!(folded(name), "acme", "{name}");
        }
    }
    for names in &same[2..] {
        for name in *names {
            assert_eq!(folded(name), names[0], "{name}");
        }
    }
    assert_eq!(folded(same[1][1]), folded(same[1][2]));
    assert_ne!(folded("Acme Trading"), folded("Acme"));
    assert_ne!(folded("上海华通"), folded("上海华通北京分公司"));
    assert_eq!(folded(""), "");
}

#[test]
fn folding_twice_changes_nothing_and_forms_are_folded() {
    for name in ["Müller & Söhne GmbH & Co. KG", "上海华通贸易（集团）有限公司", "Ltd", "S.A.", "& Co"] {
        assert_eq!(folded(&folded(name)), folded(name), "{name}");
    }
    for form in super::fold::WORDS.iter().chain(&super::fold::ENDINGS) {
        assert_eq!(folded(&format!("x {form}")), "x", "{form}");
    }
}

#[test]
fn an_aspect_leads_back_to_its_field() {
    for text in ["00000000", "zzzzzzzz", "k3v9x2ab", "12345678", "a0000001"] {
        let field = FieldId(text.parse::<DefId>().expect("an id"));
        for aspect in Aspect::ALL {
            let id = field.aspect(aspect);
            assert_eq!(id.aspect_of(), Some((aspect, field)));
            assert_eq!(field.aspect_of(), None);
            assert!(id.0.as_str().parse::<DefId>().is_err());
        }
    }
    assert_eq!(FieldId::ID.aspect_of(), None);
}
