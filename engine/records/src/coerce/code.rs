//! The engine's code lists: countries, currencies, languages.
use kontor_definitions::{Value, catalog::CodeList};

use super::Place;
use crate::finding::{FieldError, Text, quoted};

/// A code of one of the lists, exactly as the standard writes it.
pub(super) fn code(place: Place<'_>, text: &str, list: CodeList) -> Result<Value, FieldError> {
    place.not_empty(text)?;
    let shown = quoted(text);
    let (known, message, way) = match list {
        CodeList::Country => (
            contains(COUNTRIES, text, 2),
            Text {
                zh: &format!("“{shown}”不是国家或地区代码"), en: &format!("\"{shown}\" is not the code of a country")
            },
            Text { zh: "用 ISO 3166 两位大写代码，例如 CN、DE", en: "use two capital letters of ISO 3166: CN, DE" },
        ),
        CodeList::Currency => (
            contains(CURRENCIES, text, 3) || contains(RETIRED_CURRENCIES, text, 3),
            Text { zh: &format!("“{shown}”不是货币代码"), en: &format!("\"{shown}\" is not the code of a currency") },
            Text {
                zh: "用 ISO 4217 三位大写代码，例如 CNY、USD", en: "use three capital letters of ISO 4217: CNY, USD"
            },
        ),
        CodeList::Language => (
            is_language(text),
            Text { zh: &format!("“{shown}”不是语言代码"), en: &format!("\"{shown}\" is not the tag of a language") },
            Text { zh: "例如 zh-CN、en、pt-BR", en: "for example zh-CN, en, pt-BR" },
        ),
    };
    if known { Ok(Value::Text(text.to_owned())) } else { Err(place.refused("unknown_code", message).suggest(way)) }
}

fn contains(list: &str, text: &str, length: usize) -> bool {
    text.len() == length
        && text.bytes().all(|byte| byte.is_ascii_uppercase())
        && list.split_ascii_whitespace().any(|code| code == text)
}

/// A two-letter language of ISO 639-1 (or a three-letter one), then a script, then a region: `zh-Hans-CN`, `en-GB`.
fn is_language(text: &str) -> bool {
    let mut parts = text.split('-').peekable();
    let language = parts.next().unwrap_or_default();
    let known = language.bytes().all(|byte| byte.is_ascii_lowercase())
        && (language.len() == 3 || LANGUAGES.split_ascii_whitespace().any(|code| code == language));
    let is_script = |part: &&str| {
        part.len() == 4
            && part
                .bytes()
                .enumerate()
                .all(|(i, byte)| if i == 0 { byte.is_ascii_uppercase() } else { byte.is_ascii_lowercase() })
    };
    if parts.peek().is_some_and(is_script) {
        parts.next();
    }
    let region = parts.next().is_none_or(|part| contains(COUNTRIES, part, 2) || part == "419");
    known && region && parts.next().is_none()
}

const COUNTRIES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ \
CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL \
GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR \
LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK \
PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR \
TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW";

const CURRENCIES: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLF \
CLP CNH CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR \
ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN \
NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT \
TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG";

/// Currencies that documents and rates of former years are in.
const RETIRED_CURRENCIES: &str =
    "ATS BEF BYR CYP DEM EEK ESP FIM FRF GRD HRK IEP ITL LTL LUF LVL MRO MTL NLG PTE ROL SIT SKK SLL STD TRL VEF ZMK ZWL";

const LANGUAGES: &str = "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo \
es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr \
ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm \
rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi \
yo za zh zu";
