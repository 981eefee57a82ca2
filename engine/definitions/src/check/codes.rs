//! The codes of findings with their texts in both languages; `docs/findings.md` explains each.
//!
//! One table, so that no code can be without a text in a language. Longer than other files because it is that table.
use crate::diagnostic::Severity;

/// What one code says. `{0}`, `{1}`, … are names and values from the document.
pub(super) struct Text {
    pub(super) code: &'static str,
    pub(super) severity: Severity,
    pub(super) zh: &'static str,
    pub(super) en: &'static str,
    pub(super) fix_zh: &'static str,
    pub(super) fix_en: &'static str,
}

macro_rules! codes {
    ($($variant:ident $code:literal $severity:ident $zh:literal $en:literal $fix_zh:literal $fix_en:literal)*) => {
        /// The codes of the check itself; the expression language adds its own.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Code { $($variant),* }

        impl Code {
            /// Every code, in the order of the table.
            #[cfg(test)]
            pub(super) const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// What it says.
            pub(super) fn text(self) -> Text {
                match self {
                    $(Self::$variant => Text {
                        code: $code, severity: Severity::$severity, zh: $zh, en: $en, fix_zh: $fix_zh, fix_en: $fix_en,
                    }),*
                }
            }
        }
    };
}

codes! {
    InvalidJson "invalid_json" Error
        "这里不是有效的 JSON:{0}" "this is not valid JSON: {0}"
        "检查引号、逗号和括号是否成对；不允许注释和多余的逗号" "check quotes, commas and brackets; comments and trailing commas are not allowed"
    BadCharacter "bad_character" Error
        "文字里有无法保存的字符：{0}" "the text holds a character that cannot be stored: {0}"
        "删除这个字符后重新输入" "remove the character and type it again"
    DuplicateKey "duplicate_key" Error
        "属性“{0}”写了两次" "the property \"{0}\" is given twice"
        "只保留其中一个" "keep one of the two"
    NotAnObject "not_an_object" Error
        "文件的内容必须是一个用 { } 括起来的对象" "the file must hold one object in { }"
        "" ""
    TooLarge "too_large" Error
        "文件太大，上限是 {0} 字节" "the file is too large, the limit is {0} bytes"
        "把内容拆成几个定义" "split it into several definitions"
    TooDeep "too_deep" Error
        "嵌套太深，上限是 {0} 层" "nested too deeply, the limit is {0} levels"
        "减少层数" "use fewer levels"
    TooMany "too_many" Error
        "“{0}”有 {1} 项，上限是 {2} 项" "\"{0}\" has {1} entries, the limit is {2}"
        "拆分成几个" "split it up"
    UnknownKind "unknown_kind" Error
        "不认识“{0}”这种文件" "\"{0}\" is not a kind of definition"
        "定义放在 app.json、entities、forms、views、pages、roles 或 translations 里，文件名以 .json 结尾{1}" "definitions live in app.json, entities, forms, views, pages, roles or translations and end in .json{1}"
    MissingAppFile "missing_app_file" Error
        "应用“{0}”没有 app.json" "the app \"{0}\" has no app.json"
        "添加 app.json，写明名称、版本、标题和语言" "add an app.json with name, version, title and locales"
    UnknownProperty "unknown_property" Error
        "这里没有“{0}”这个属性" "there is no property \"{0}\" here"
        "{1}" "{2}"
    MissingProperty "missing_property" Error
        "缺少属性“{0}”" "the property \"{0}\" is missing"
        "补上“{0}”" "add \"{0}\""
    WrongType "wrong_type" Error
        "这个值的类型不对：应当是{1}" "this value has the wrong type: {2} is expected"
        "把 {0} 改成要求的类型" "change {0} to what is expected"
    UnknownValue "unknown_value" Error
        "“{0}”不在允许的值里" "\"{0}\" is not one of the allowed values"
        "{1}" "{2}"
    WrongFormat "wrong_format" Error
        "“{0}”的格式不对，应符合 {1}" "\"{0}\" has the wrong format, it must match {1}"
        "" ""
    OutOfRange "out_of_range" Error
        "数值 {0} 超出允许的范围" "the number {0} is out of range"
        "改成范围内的数值" "use a number within the range"
    NameMismatch "name_mismatch" Error
        "名称“{0}”与文件名“{1}”不一致" "the name \"{0}\" differs from the file name \"{1}\""
        "把名称改成“{1}”，或者改文件名" "rename one of the two"
    BadName "bad_name" Error
        "名称“{0}”不符合要求" "the name \"{0}\" cannot be used"
        "用小写英文字母开头，只用小写字母、数字和下划线，最多 40 个字符" "begin with a-z, use only a-z, 0-9 and _, at most 40 characters"
    ReservedName "reserved_name" Error
        "名称“{0}”由系统保留" "the name \"{0}\" is reserved"
        "换一个名称，例如“{0}_1”" "choose another name, for example \"{0}_1\""
    DuplicateName "duplicate_name" Error
        "名称“{0}”已经用过" "the name \"{0}\" is already used"
        "给其中一个换个名称" "rename one of the two"
    DuplicateId "duplicate_id" Error
        "编号“{0}”已经在 {1} 里用过" "the id \"{0}\" is already used in {1}"
        "删除这里的编号，由设计器或 kontor app check --fix 重新生成" "remove the id here and let the designer or kontor app check --fix make a new one"
    RetiredId "retired_id" Error
        "编号“{0}”以前属于另一个已删除的部分，不能再用" "the id \"{0}\" belonged to something that was removed, it is never used again"
        "删除这里的编号，由设计器或 kontor app check --fix 重新生成" "remove the id here and let the designer or kontor app check --fix make a new one"
    MissingId "missing_id" Error
        "这个文件里有 {0} 处没有编号" "{0} parts of this file have no id"
        "运行 kontor app check --fix 补上" "run kontor app check --fix to add them"
    DuplicateApp "duplicate_app" Error
        "已经有一个名为“{0}”的应用" "there is already an app named \"{0}\""
        "换一个应用名称" "choose another app name"
    BadVersion "bad_version" Error
        "“{0}”不是版本号" "\"{0}\" is not a version"
        "写成 1.0.0 这样的三段数字" "write three numbers such as 1.0.0"
    EngineTooOld "engine_too_old" Error
        "这个应用需要 {0} 以上的系统，当前是 {1}" "the app needs engine {0} or newer, this one is {1}"
        "升级系统" "upgrade the engine"
    MissingApp "missing_app" Error
        "找不到应用“{0}”" "there is no app \"{0}\""
        "先安装“{0}”，或从 requires 里去掉" "install \"{0}\" first, or take it out of requires"
    NotRequired "not_required" Error
        "用到了应用“{0}”，但 app.json 的 requires 里没有它" "the app \"{0}\" is used but not listed in requires of app.json"
        "在 requires 里加上“{0}”" "add \"{0}\" to requires"
    BadLocale "bad_locale" Error
        "“{0}”不是语言代码" "\"{0}\" is not a language tag"
        "写成 zh-CN、en 这样的代码" "write tags such as zh-CN or en"
    MissingTitle "missing_title" Warning
        "缺少 {0} 的标题" "the title in {0} is missing"
        "补上标题，否则会显示其他语言的文字" "add it, otherwise another language is shown"
    UnknownTranslation "unknown_translation" Warning
        "没有编号为“{0}”的内容可以翻译" "nothing with the id \"{0}\" can be translated"
        "删除这一行" "remove this line"
    UnknownEntity "unknown_entity" Error
        "找不到数据表“{0}”" "there is no entity \"{0}\""
        "{1}" "{2}"
    UnknownField "unknown_field" Error
        "“{1}”里没有字段“{0}”" "\"{1}\" has no field \"{0}\""
        "{2}" "{3}"
    RetiredField "retired_field" Error
        "字段“{0}”已停用" "the field \"{0}\" is retired"
        "去掉这里的引用，或者恢复字段“{0}”" "remove it here, or restore the field \"{0}\""
    NotAReference "not_a_reference" Error
        "“{0}”不是指向其他记录的字段，后面不能再接“{1}”" "\"{0}\" does not point to another record, so \"{1}\" cannot follow it"
        "只有引用类型的字段后面可以用点号" "only reference fields can be followed by a dot"
    NotLines "not_lines" Error
        "字段“{0}”不是明细" "the field \"{0}\" does not hold lines"
        "选一个明细（lines）类型的字段" "choose a field of type lines"
    LinksOfLines "links_of_lines" Error
        "多对多字段“{0}”不能用在明细上，也不能指向明细" "the many-to-many field \"{0}\" can neither stand on lines nor lead to them"
        "把它放在单据上，指向有自己列表的实体；在明细中请用引用字段" "put it on the record the lines belong to, leading to an entity with a list of its own; in lines, use a reference"
    RollupOverLinks "rollup_over_links" Error
        "“{0}”是多对多字段，汇总字段只能统计它的条数" "\"{0}\" is a many-to-many field, of which a roll-up can only count the records"
        "用 count 且不设条件，或改用公式，例如 {0}.sum(|r| r.amount)" "use count without a filter, or a formula such as {0}.sum(|r| r.amount)"
    OptionNotForType "option_not_for_type" Error
        "“{1}”类型不能设置“{0}”" "\"{0}\" does not apply to the type \"{1}\""
        "删除“{0}”" "remove \"{0}\""
    TranslatableHere "translatable_here" Error
        "“{0}”每种语言各有一个文本，不能同时设为“{1}”" "\"{0}\" has a text per language and cannot be \"{1}\" as well"
        "去掉“{1}”，或另用一个不翻译的字段（例如编码）" "remove \"{1}\", or use another field for it that has one value, such as a code"
    MissingOption "missing_option" Error
        "“{1}”类型必须设置“{0}”" "the type \"{1}\" needs \"{0}\""
        "补上“{0}”" "add \"{0}\""
    ConflictingOptions "conflicting_options" Error
        "“{0}”和“{1}”只能设置一个" "only one of \"{0}\" and \"{1}\" can be set"
        "删除其中一个" "remove one of the two"
    BadScale "bad_scale" Error
        "小数位数 {1}、总位数 {0} 不可用" "{0} digits with {1} behind the point cannot be stored"
        "总位数最多 18 位，小数最多 12 位，且不超过总位数" "use at most 18 digits in all and at most 12 behind the point, never more than in all"
    BadLiteral "bad_literal" Error
        "“{0}”不是这个类型的值" "\"{0}\" is not a value of this type"
        "数字写成 100 或 0.5，日期写成 2026-01-31" "write numbers as 100 or 0.5, dates as 2026-01-31"
    BadRange "bad_range" Error
        "最小值 {0} 大于最大值 {1}" "the minimum {0} is larger than the maximum {1}"
        "对调或修改两个值" "swap or change the two"
    BadPattern "bad_pattern" Error
        "编号格式“{0}”不可用" "the number pattern \"{0}\" cannot be used"
        "可用 {yyyy} {yy} {mm} {dd} 和一段 {0000}；按年、月、日重新计数时格式里要有对应的日期" "use {yyyy} {yy} {mm} {dd} and one {0000}; a number that starts again needs the date in it"
    BadCurrency "bad_currency" Error
        "“{0}”不是币种代码" "\"{0}\" is not a currency code"
        "用三个大写字母，例如 CNY、USD" "use three capital letters such as CNY or USD"
    UnsuitableField "unsuitable_field" Error
        "字段“{0}”的类型是“{1}”，不能用在这里" "the field \"{0}\" is of type \"{1}\" and cannot be used here"
        "换一个字段" "choose another field"
    SortByLines "sort_by_lines" Error
        "不能按明细字段“{0}”排序" "a list cannot be sorted by \"{0}\", which holds lines"
        "按主表的字段排序，或先用汇总字段算出一个值" "sort by a field of the record itself, or add a roll-up of the lines"
    LinesShared "lines_shared" Error
        "“{0}”已经是“{1}”的明细，不能再属于另一个" "\"{0}\" already holds the lines of \"{1}\", it cannot belong to another"
        "为这里另建一个明细表" "make another entity for these lines"
    UnknownState "unknown_state" Error
        "没有状态“{0}”" "there is no state \"{0}\""
        "{1}" "{2}"
    UnreachableState "unreachable_state" Error
        "没有任何流转能到达状态“{0}”" "no transition leads to the state \"{0}\""
        "添加一个到“{0}”的流转，或删除这个状态" "add a transition to \"{0}\", or remove the state"
    RetiredState "retired_state" Error
        "状态“{0}”已停用" "the state \"{0}\" is retired"
        "改用其他状态" "use another state"
    UnknownOption "unknown_option" Error
        "选项里没有“{0}”" "\"{0}\" is not one of the options"
        "{1}" "{2}"
    DerivedDefault "derived_default" Error
        "“{0}”由系统计算，不能设置“{1}”" "\"{0}\" is computed, it cannot have \"{1}\""
        "删除“{1}”" "remove \"{1}\""
    DerivedCycle "derived_cycle" Error
        "计算互相依赖，成了一个圈：{0}" "the computations depend on each other in a circle: {0}"
        "去掉其中一步的依赖" "take one of the steps out"
    LiveNotStored "live_not_stored" Error
        "“{0}”在查看时才计算，不能设为唯一、建索引或设上下限" "\"{0}\" is computed when it is read, it can be neither unique nor indexed nor limited"
        "去掉这一项，或改用复制的引用值（copied）" "remove it here, or copy the value (copied)"
    ConvertNotHere "convert_not_here" Error
        "convert(…) 和 convert_unit(…) 只能用在公式字段里，这里读不到汇率和计量单位" "convert(…) and convert_unit(…) work in formula fields only; there are no rates and units here"
        "用一个公式字段换算，再在这里使用这个字段" "convert in a formula field and use that field here"
    FoldNotHere "fold_not_here" Error
        "这里的 fold(…) 只能用于写明的文字，或保存了归一写法的字段" "here fold(…) takes a text as written, or a field whose folded text is stored"
        "用于标题字段（label），或在 duplicates 中写了 fold(…) 的字段" "use it on the label, or on a field that \"duplicates\" names in fold(…)"
    NotMatchable "not_matchable" Error
        "“{0}”不能用来判断重复" "\"{0}\" cannot tell duplicates"
        "写一个字段名，或写 fold(字段名)，字段须是单行文本" "name a field, or write fold(field) with a field of one line of text"
    NothingToReveal "nothing_to_reveal" Error
        "重复时不能告知“{0}”：这里没有" "duplicates cannot tell the {0}: there is none"
        "在实体上启用 owner 或指定 label，或改为 \"nothing\"" "give the entity an owner or a label, or say \"nothing\""
    NotOnLines "not_on_lines" Error
        "“{0}”不能用于明细：明细随主记录打开，不单独查找" "\"{0}\" has no meaning on lines: they are opened with their record, not found by themselves"
        "去掉它；要按明细查找，在主记录上用汇总或公式字段" "remove it; to find a record by its lines, put a roll-up or formula on the record"
    ConvertNotStored "convert_not_stored" Error
        "“{0}”在查看时才计算，不能换算币种或计量单位" "\"{0}\" is computed when it is read, it cannot convert between currencies or units"
        "公式里只用本记录自己的字段：引用的值先复制过来（copied），今天的日期先存进日期字段" "let the formula read only fields of its own record: copy what it reads by reference (copied), keep the day in a date field"
    ScaleOverflow "scale_overflow" Error
        "结果有 {0} 位小数，这里只能保留 {1} 位" "the result has {0} digits behind the point, only {1} are kept here"
        "用 round(…, {1}) 写明如何舍入，或增加字段的小数位数" "write round(…, {1}) to say how it is rounded, or give the field more digits"
    MixedCurrencies "mixed_currencies" Error
        "“{0}”每条明细可以有不同的币种，不能直接汇总" "the lines of \"{0}\" can have different currencies and cannot be combined"
        "让明细使用主表的币种（parent.…），或固定币种" "let the lines use the currency of their record (parent.…), or one fixed currency"
    BadMeasure "bad_measure" Error
        "“{0}”不是汇总" "\"{0}\" is no measure"
        "写成 sum(字段)、count()、count_distinct(字段)、min(字段)、max(字段) 或 average(字段)" "write sum(field), count(), count_distinct(field), min(field), max(field) or average(field)"
    BadBound "bad_bound" Error
        "“{0}”不是比较" "\"{0}\" is no bound"
        "写一个比较符和一个数字，例如 >= 0 或 == 0" "write an operator and a number, for example >= 0 or == 0"
    CurrenciesNotGrouped "currencies_not_grouped" Error
        "“{0}”会把不同币种的金额合在一起" "\"{0}\" would combine amounts of different currencies"
        "在 group 中加上 {1}" "add {1} to group"
    UnknownView "unknown_view" Error
        "找不到视图“{0}”" "there is no view \"{0}\""
        "{1}" "{2}"
    UnknownRole "unknown_role" Error
        "找不到角色“{0}”" "there is no role \"{0}\""
        "{1}" "{2}"
    UnknownAction "unknown_action" Error
        "“{1}”没有操作“{0}”" "\"{1}\" has no action \"{0}\""
        "{2}" "{3}"
    WrongEntity "wrong_entity" Error
        "“{0}”属于“{1}”，这里需要“{2}”的" "\"{0}\" belongs to \"{1}\", one of \"{2}\" is needed here"
        "换一个" "choose another"
    ScopeWithoutOwner "scope_without_owner" Error
        "范围“{0}”不可用：“{1}”的记录没有对应的负责人或部门" "the scope \"{0}\" cannot be used: records of \"{1}\" have no owner or department"
        "在“{1}”上打开 owner 或 department，或把范围改成 all 或 none" "set owner or department on \"{1}\", or use all or none"
    PurgeWithoutDelete "purge_without_delete" Error
        "只有能归档的记录才能彻底删除，但这里没有 delete 权限" "only records that may be archived can be purged, but delete is not granted here"
        "加上 delete 的范围，或去掉 purge" "grant delete with a scope, or take purge out"
    GaplessAtCreate "gapless_at_create" Warning
        "连续编号“{0}”在新建时就给出，没有生效的单据也会占用编号" "the gapless number \"{0}\" is given when the record is made, so documents that never become binding use up numbers"
        "用 assign_on 写明由哪个操作给号，例如 \"{1}\"" "name the transition that gives it in assign_on, for example \"{1}\""
    DerivedLeak "derived_leak" Warning
        "角色“{0}”能看到“{1}”，但看不到它的来源“{2}”，可能由此推算出来" "the role \"{0}\" can see \"{1}\" but not \"{2}\", which it is computed from, and could work it out"
        "同时隐藏“{1}”；如果确实如此设计，在“{1}”上设置 reveals" "hide \"{1}\" too; if it is meant so, set reveals on \"{1}\""
    SensitiveHere "sensitive_here" Error
        "“{0}”是敏感字段，值加密保存，不能用在这里" "\"{0}\" is sensitive: its values are stored encrypted and cannot be used here"
        "换一个字段；不能用作标题、搜索、排序和合计" "choose another field; labels, search, order and totals need values that the database can read"
    SensitiveRead "sensitive_read" Error
        "这里读取了敏感字段，它的值不能计算、汇总或显示在别处" "this reads a sensitive field, whose value is neither computed with nor shown elsewhere"
        "去掉这个字段，或不要把它设为 sensitive" "take the field out here, or do not make it sensitive"
    SensitiveComparison "sensitive_comparison" Error
        "敏感字段只能用 ==、!= 或 in 与固定的值比较" "a sensitive field can only be compared with fixed values, by ==, != or in"
        "例如 tax_number == \"X123\"，或判断是否为空：tax_number == ()" "for example tax_number == \"X123\", or ask whether it is empty: tax_number == ()"
    EmptyMenuItem "empty_menu_item" Error
        "菜单项必须打开一个视图或包含下级菜单，且只能是其中一种" "a menu entry opens a view or holds entries, one of the two"
        "设置 view 或 items" "set view or items"
    UnknownFieldsTotal "not_a_number" Error
        "字段“{0}”不是数字，不能合计" "the field \"{0}\" is not a number and has no total"
        "选一个数字字段" "choose a number field"
}
