//! Seeded names of companies and products as a trading company meets them, each with the sounds of its characters.
use std::collections::BTreeSet;

use rand::{RngExt, SeedableRng as _, rngs::StdRng, seq::IndexedRandom};

/// A Chinese word and how its characters are read in it.
type Word = (&'static str, &'static str);

const CITIES: [Word; 40] = [
    ("上海", "shang hai"),
    ("北京", "bei jing"),
    ("重庆", "chong qing"),
    ("长沙", "chang sha"),
    ("厦门", "xia men"),
    ("深圳", "shen zhen"),
    ("广州", "guang zhou"),
    ("宁波", "ning bo"),
    ("杭州", "hang zhou"),
    ("义乌", "yi wu"),
    ("苏州", "su zhou"),
    ("无锡", "wu xi"),
    ("常州", "chang zhou"),
    ("南京", "nan jing"),
    ("青岛", "qing dao"),
    ("济南", "ji nan"),
    ("烟台", "yan tai"),
    ("天津", "tian jin"),
    ("大连", "da lian"),
    ("沈阳", "shen yang"),
    ("长春", "chang chun"),
    ("西安", "xi an"),
    ("成都", "cheng du"),
    ("昆明", "kun ming"),
    ("武汉", "wu han"),
    ("合肥", "he fei"),
    ("福州", "fu zhou"),
    ("泉州", "quan zhou"),
    ("东莞", "dong guan"),
    ("佛山", "fo shan"),
    ("中山", "zhong shan"),
    ("珠海", "zhu hai"),
    ("温州", "wen zhou"),
    ("台州", "tai zhou"),
    ("绍兴", "shao xing"),
    ("朝阳", "chao yang"),
    ("乐清", "yue qing"),
    ("六安", "lu an"),
    ("郑州", "zheng zhou"),
    ("石家庄", "shi jia zhuang"),
];
const BRANDS: [Word; 60] = [
    ("华", "hua"),
    ("兴", "xing"),
    ("恒", "heng"),
    ("瑞", "rui"),
    ("丰", "feng"),
    ("隆", "long"),
    ("达", "da"),
    ("昌", "chang"),
    ("盛", "sheng"),
    ("泰", "tai"),
    ("安", "an"),
    ("康", "kang"),
    ("宏", "hong"),
    ("伟", "wei"),
    ("鑫", "xin"),
    ("源", "yuan"),
    ("金", "jin"),
    ("银", "yin"),
    ("宝", "bao"),
    ("龙", "long"),
    ("凤", "feng"),
    ("海", "hai"),
    ("江", "jiang"),
    ("山", "shan"),
    ("天", "tian"),
    ("地", "di"),
    ("明", "ming"),
    ("光", "guang"),
    ("新", "xin"),
    ("利", "li"),
    ("通", "tong"),
    ("顺", "shun"),
    ("万", "wan"),
    ("联", "lian"),
    ("信", "xin"),
    ("诚", "cheng"),
    ("远", "yuan"),
    ("航", "hang"),
    ("飞", "fei"),
    ("腾", "teng"),
    ("凯", "kai"),
    ("博", "bo"),
    ("乐", "le"),
    ("长", "chang"),
    ("德", "de"),
    ("佳", "jia"),
    ("美", "mei"),
    ("和", "he"),
    ("正", "zheng"),
    ("大", "da"),
    ("中", "zhong"),
    ("东", "dong"),
    ("南", "nan"),
    ("西", "xi"),
    ("北", "bei"),
    ("春", "chun"),
    ("绿", "lv"),
    ("友", "you"),
    ("创", "chuang"),
    ("嘉", "jia"),
];
const TRADES: [Word; 30] = [
    ("贸易", "mao yi"),
    ("进出口", "jin chu kou"),
    ("电子", "dian zi"),
    ("五金", "wu jin"),
    ("纺织", "fang zhi"),
    ("机械", "ji xie"),
    ("塑料", "su liao"),
    ("化工", "hua gong"),
    ("服装", "fu zhuang"),
    ("家具", "jia ju"),
    ("玩具", "wan ju"),
    ("照明", "zhao ming"),
    ("陶瓷", "tao ci"),
    ("包装", "bao zhuang"),
    ("印刷", "yin shua"),
    ("物流", "wu liu"),
    ("银行设备", "yin hang she bei"),
    ("钢铁", "gang tie"),
    ("汽车配件", "qi che pei jian"),
    ("食品", "shi pin"),
    ("医疗器械", "yi liao qi xie"),
    ("建材", "jian cai"),
    ("仪器", "yi qi"),
    ("电缆", "dian lan"),
    ("轴承", "zhou cheng"),
    ("模具", "mo ju"),
    ("箱包", "xiang bao"),
    ("鞋业", "xie ye"),
    ("音乐器材", "yin yue qi cai"),
    ("地毯", "di tan"),
];
const FORMS: [Word; 4] =
    [("有限公司", "you xian gong si"), ("股份有限公司", "gu fen you xian gong si"), ("集团", "ji tuan"), ("厂", "chang")];
const MATERIALS: [Word; 14] = [
    ("不锈钢", "bu xiu gang"),
    ("镀锌", "du xin"),
    ("铝合金", "lv he jin"),
    ("黄铜", "huang tong"),
    ("纯棉", "chun mian"),
    ("橡胶", "xiang jiao"),
    ("玻璃", "bo li"),
    ("竹制", "zhu zhi"),
    ("碳纤维", "tan xian wei"),
    ("防水", "fang shui"),
    ("便携", "bian xie"),
    ("重型", "zhong xing"),
    ("加长", "jia chang"),
    ("绿色", "lv se"),
];
const GOODS: [Word; 20] = [
    ("螺丝", "luo si"),
    ("螺母", "luo mu"),
    ("无缝管", "wu feng guan"),
    ("灯带", "deng dai"),
    ("音箱", "yin xiang"),
    ("水泵", "shui beng"),
    ("阀门", "fa men"),
    ("轴承", "zhou cheng"),
    ("手套", "shou tao"),
    ("毛巾", "mao jin"),
    ("水杯", "shui bei"),
    ("地垫", "di dian"),
    ("电缆", "dian lan"),
    ("背包", "bei bao"),
    ("工具箱", "gong ju xiang"),
    ("密封圈", "mi feng quan"),
    ("传感器", "chuan gan qi"),
    ("行李箱", "xing li xiang"),
    ("吊灯", "diao deng"),
    ("花瓶", "hua ping"),
];
const LATIN_NAMES: [&str; 24] = [
    "Müller",
    "Schröder",
    "Bergström",
    "Øresund",
    "Lefèvre",
    "García",
    "Nováková",
    "Kowalski",
    "Rossi",
    "Andersson",
    "O'Brien",
    "Smith",
    "Johnson",
    "Tanaka",
    "Kim",
    "Nguyễn",
    "Almeida",
    "Petrov",
    "Atlas",
    "Nordic",
    "Pacific",
    "Golden",
    "Silverline",
    "Kelmorex",
];
const LATIN_TRADES: [&str; 16] = [
    "Steel-Works",
    "Trading",
    "Import",
    "Logistics",
    "Electronics",
    "Textiles",
    "Tools",
    "Hardware",
    "Maschinenbau",
    "Furniture",
    "Lighting",
    "Ceramics",
    "Packaging",
    "Foods",
    "Medical",
    "Automotive",
];
const LATIN_FORMS: [&str; 8] = ["GmbH", "Ltd.", "S.A.", "AB", "Inc.", "Co., Ltd.", "s.r.o.", "B.V."];
/// As they stand in names typed by a Chinese input method.
const WIDE: [(&str, &str); 8] = [
    ("ＡＢＣ", "abc"),
    ("ＫＬＭ", "klm"),
    ("ＴＣＬ", "tcl"),
    ("ＢＹＤ", "byd"),
    ("Ｚ８", "z8"),
    ("ＱＲＳ", "qrs"),
    ("ＥＶ", "ev"),
    ("ＷＩＤＥ", "wide"),
];
/// Characters that are read in other ways too: by those they are found as well.
const OTHER_READINGS: [(char, &[&str]); 71] = [
    ('万', &["wan", "mo"]),
    ('不', &["bu", "fou"]),
    ('乐', &["le", "yue"]),
    ('件', &["jian", "mou"]),
    ('份', &["fen", "bin"]),
    ('传', &["chuan", "zhuan"]),
    ('佛', &["fu", "fo"]),
    ('便', &["bian", "pian"]),
    ('信', &["xin", "shen"]),
    ('六', &["liu", "lu"]),
    ('包', &["bao", "pao"]),
    ('化', &["hua", "huo"]),
    ('南', &["nan", "na"]),
    ('印', &["yin", "yi"]),
    ('厂', &["chang", "han"]),
    ('厦', &["sha", "xia"]),
    ('台', &["tai", "yi"]),
    ('司', &["si", "ci"]),
    ('合', &["he", "ge"]),
    ('和', &["he", "hu"]),
    ('团', &["tuan", "qiu"]),
    ('圈', &["quan", "juan"]),
    ('地', &["di", "de"]),
    ('圳', &["zhen", "quan"]),
    ('大', &["da", "dai"]),
    ('宁', &["ning", "zhu"]),
    ('家', &["jia", "jie"]),
    ('封', &["feng", "bian"]),
    ('广', &["guang", "yan"]),
    ('庄', &["zhuang", "peng"]),
    ('感', &["gan", "han"]),
    ('承', &["cheng", "zheng"]),
    ('无', &["wu", "mo"]),
    ('昆', &["kun", "hun"]),
    ('明', &["ming", "meng"]),
    ('有', &["you", "wei"]),
    ('服', &["fu", "bi"]),
    ('朝', &["chao", "zhao"]),
    ('机', &["ji", "wei"]),
    ('杭', &["hang", "kang"]),
    ('模', &["mo", "mu"]),
    ('母', &["mu", "wu"]),
    ('汽', &["qi", "gai"]),
    ('沈', &["shen", "chen"]),
    ('沙', &["sha", "suo"]),
    ('波', &["bo", "bei"]),
    ('泵', &["beng", "pin"]),
    ('温', &["wen", "yun"]),
    ('灯', &["deng", "ding"]),
    ('烟', &["yan", "yin"]),
    ('盛', &["sheng", "cheng"]),
    ('石', &["shi", "dan"]),
    ('纤', &["xian", "qian"]),
    ('绿', &["lv", "lu"]),
    ('肥', &["fei", "bi"]),
    ('胶', &["jiao", "xiao"]),
    ('色', &["se", "shai"]),
    ('莞', &["guan", "wan"]),
    ('行', &["xing", "hang"]),
    ('车', &["che", "ju"]),
    ('达', &["da", "ti"]),
    ('都', &["dou", "du"]),
    ('重', &["zhong", "chong"]),
    ('鑫', &["xin", "xun"]),
    ('铝', &["lv", "lu"]),
    ('长', &["zhang", "chang"]),
    ('限', &["xian", "wen"]),
    ('陶', &["tao", "yao"]),
    ('青', &["qing", "jing"]),
    ('鞋', &["xie", "wa"]),
    ('食', &["shi", "si"]),
];

/// What is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Company,
    Product,
}

/// A record and what is known of its name.
pub(super) struct Made {
    pub(super) kind: Kind,
    pub(super) code: String,
    pub(super) name: String,
    /// Folded words of letters and digits, of name and code.
    words: Vec<String>,
    /// The Chinese characters with their sounds.
    spoken: Vec<(char, &'static str)>,
}

/// So many records, always the same; every fifth a product.
pub(super) fn make(count: usize) -> Vec<Made> {
    let mut random = StdRng::seed_from_u64(20_261_125);
    (0..count).map(|number| if number % 5 == 4 { product(&mut random, number) } else { company(&mut random, number) }).collect()
}

fn pick<T: Copy>(random: &mut StdRng, all: &[T]) -> T {
    *all.choose(random).unwrap()
}

fn company(random: &mut StdRng, number: usize) -> Made {
    let code = format!("C-{number:06}");
    let mut made = Made { kind: Kind::Company, name: String::new(), words: coded(&code), code, spoken: Vec::new() };
    let style = random.random_range(0..10);
    if style < 2 {
        for word in [pick(random, &LATIN_NAMES), pick(random, &LATIN_TRADES), pick(random, &LATIN_FORMS)] {
            made.latin(word);
        }
        return made;
    }
    if style == 2 {
        let (wide, plain) = pick(random, &WIDE);
        made.name.push_str(wide);
        made.words.push(plain.to_owned());
    }
    made.chinese(pick(random, &CITIES));
    made.chinese(pick(random, &BRANDS));
    made.chinese(pick(random, &BRANDS));
    made.chinese(pick(random, &TRADES));
    made.chinese(pick(random, &FORMS));
    made
}

fn product(random: &mut StdRng, number: usize) -> Made {
    let code = format!("P-{number:06}");
    let mut made = Made { kind: Kind::Product, name: String::new(), words: coded(&code), code, spoken: Vec::new() };
    made.chinese(pick(random, &MATERIALS));
    made.chinese(pick(random, &GOODS));
    let size = random.random_range(2..100);
    let size = if random.random_bool(0.5) { format!("M{size}") } else { format!("DN{}", size * 5) };
    made.latin(&size);
    made
}

fn coded(code: &str) -> Vec<String> {
    code.to_lowercase().split('-').map(str::to_owned).collect()
}

/// Without accents, in small letters; by hand, so that the engine is not compared with itself.
fn plain(word: &str) -> String {
    let letter = |letter: char| match letter {
        'ü' => 'u',
        'ö' => 'o',
        'è' => 'e',
        'í' => 'i',
        'á' => 'a',
        'ễ' => 'e',
        other => other,
    };
    word.to_lowercase().chars().map(letter).collect()
}

impl Made {
    fn latin(&mut self, word: &str) {
        if !self.name.is_empty() {
            self.name.push(' ');
        }
        self.name.push_str(word);
        let pieces = plain(word);
        self.words
            .extend(pieces.split(|letter: char| !letter.is_alphanumeric()).filter(|piece| !piece.is_empty()).map(str::to_owned));
    }

    fn chinese(&mut self, (text, sounds): Word) {
        self.name.push_str(text);
        self.spoken.extend(text.chars().zip(sounds.split(' ')));
    }

    /// Whether it must be found by a word, read as it is read in this name.
    pub(super) fn must_be_found(&self, typed: &str) -> bool {
        self.holds(typed) || self.sounds(typed, &|_, sound| vec![sound])
    }

    /// Whether it may be found by a word: some character may be read in another way.
    pub(super) fn may_be_found(&self, typed: &str) -> bool {
        let readings = |character: char, sound: &'static str| {
            let others =
                OTHER_READINGS.iter().filter(|(known, _)| *known == character).flat_map(|(_, sounds)| sounds.iter().copied());
            BTreeSet::from_iter(others.chain([sound])).into_iter().collect()
        };
        self.holds(typed) || self.sounds(typed, &readings)
    }

    fn holds(&self, typed: &str) -> bool {
        if !typed.is_ascii() {
            return self.name.contains(typed);
        }
        self.words.iter().any(|word| word.starts_with(typed))
    }

    /// Whether a text begins what is heard from some character on, in full or by initials.
    fn sounds(&self, typed: &str, readings: &dyn Fn(char, &'static str) -> Vec<&'static str>) -> bool {
        (0..self.spoken.len()).any(|start| {
            let from = &self.spoken[start..];
            in_full(typed, from, readings) || by_initials(typed, from, readings)
        })
    }
}

fn in_full(typed: &str, from: &[(char, &'static str)], readings: &dyn Fn(char, &'static str) -> Vec<&'static str>) -> bool {
    let Some(((character, sound), rest)) = from.split_first() else { return typed.is_empty() };
    readings(*character, sound)
        .into_iter()
        .any(|sound| sound.starts_with(typed) || typed.strip_prefix(sound).is_some_and(|typed| in_full(typed, rest, readings)))
}

fn by_initials(typed: &str, from: &[(char, &'static str)], readings: &dyn Fn(char, &'static str) -> Vec<&'static str>) -> bool {
    let mut letters = typed.chars();
    let mut spoken = from.iter();
    letters.all(|letter| {
        spoken.next().is_some_and(|(character, sound)| readings(*character, sound).iter().any(|sound| sound.starts_with(letter)))
    })
}
