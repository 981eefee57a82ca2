// Countries, currencies and languages with their names in the reader's language.
import type { Locale } from '../i18n/locale';

export type CodeKind = 'country' | 'currency' | 'language';

const COUNTRIES =
  'AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW';
const LANGUAGES =
  'zh-CN zh-TW zh-HK en en-US en-GB de fr es it pt pt-BR nl pl ru uk cs sk hu ro bg el tr ar he fa hi bn ur th vi id ms ja ko sv da nb fi et lv lt sl hr sr';
const FREQUENT: Record<CodeKind, string[]> = {
  country: ['CN', 'US', 'DE', 'GB', 'JP', 'HK'],
  currency: ['CNY', 'USD', 'EUR', 'GBP', 'JPY', 'HKD'],
  language: ['zh-CN', 'en'],
};

function codesOf(kind: CodeKind): string[] {
  switch (kind) {
    case 'country':
      return COUNTRIES.split(' ');
    case 'language':
      return LANGUAGES.split(' ');
    case 'currency':
      return Intl.supportedValuesOf('currency');
  }
}

const DISPLAY: Record<CodeKind, Intl.DisplayNamesType> = {
  country: 'region',
  currency: 'currency',
  language: 'language',
};
const names = new Map<string, Intl.DisplayNames>();

/** `德国` for `DE`; the code itself where it is unknown. */
export function codeName(kind: CodeKind, code: string, locale: Locale): string {
  const key = `${kind}/${locale}`;
  let display = names.get(key);
  if (!display) {
    display = new Intl.DisplayNames([locale], { type: DISPLAY[kind] });
    names.set(key, display);
  }
  try {
    return display.of(code) ?? code;
  } catch {
    return code;
  }
}

export interface Code {
  id: string;
  label: string;
}

/** All codes, the frequent ones first, then by name. Currencies show their code first, as traders know them by it. */
export function codeList(kind: CodeKind, locale: Locale): Code[] {
  const collator = new Intl.Collator(locale);
  const all = codesOf(kind).map((code) => ({ id: code, label: codeLabel(kind, code, locale) }));
  const rank = (code: Code) => {
    const index = FREQUENT[kind].indexOf(code.id);
    return index < 0 ? FREQUENT[kind].length : index;
  };
  return all.sort((a, b) => rank(a) - rank(b) || collator.compare(a.label, b.label));
}

export function codeLabel(kind: CodeKind, code: string, locale: Locale): string {
  const name = codeName(kind, code, locale);
  if (name === code) return code;
  return kind === 'currency' ? `${code} ${name}` : `${name} (${code})`;
}
