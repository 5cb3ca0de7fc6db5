/** ISO 639-1 and the terminological code of ISO 639-2 that MP4 wants. */
const TWO_TO_THREE =
  'aa aar ab abk ae ave af afr ak aka am amh an arg ar ara as asm av ava ay aym az aze ba bak be bel bg bul bi bis ' +
  'bm bam bn ben bo bod br bre bs bos ca cat ce che ch cha co cos cr cre cs ces cu chu cv chv cy cym da dan de deu ' +
  'dv div dz dzo ee ewe el ell en eng eo epo es spa et est eu eus fa fas ff ful fi fin fj fij fo fao fr fra fy fry ' +
  'ga gle gd gla gl glg gn grn gu guj gv glv ha hau he heb hi hin ho hmo hr hrv ht hat hu hun hy hye hz her ia ina ' +
  'id ind ie ile ig ibo ii iii ik ipk io ido is isl it ita iu iku ja jpn jv jav ka kat kg kon ki kik kj kua kk kaz ' +
  'kl kal km khm kn kan ko kor kr kau ks kas ku kur kv kom kw cor ky kir la lat lb ltz lg lug li lim ln lin lo lao ' +
  'lt lit lu lub lv lav mg mlg mh mah mi mri mk mkd ml mal mn mon mr mar ms msa mt mlt my mya na nau nb nob nd nde ' +
  'ne nep ng ndo nl nld nn nno no nor nr nbl nv nav ny nya oc oci oj oji om orm or ori os oss pa pan pi pli pl pol ' +
  'ps pus pt por qu que rm roh rn run ro ron ru rus rw kin sa san sc srd sd snd se sme sg sag si sin sk slk sl slv ' +
  'sm smo sn sna so som sq sqi sr srp ss ssw st sot su sun sv swe sw swa ta tam te tel tg tgk th tha ti tir tk tuk ' +
  'tl tgl tn tsn to ton tr tur ts tso tt tat tw twi ty tah ug uig uk ukr ur urd uz uzb ve ven vi vie vo vol wa wln ' +
  'wo wol xh xho yi yid yo yor za zha zh zho zu zul';
/** Codes of ISO 639-2 for bibliographies, and the terminological ones. */
const OTHER_THREE =
  'alb sqi arm hye baq eus bur mya chi zho cze ces dut nld fre fra geo kat ger deu gre ell ice isl mac mkd mao mri ' +
  'may msa per fas rum ron slo slk tib bod wel cym';

const CODES = new Map(pairs(`${TWO_TO_THREE} ${OTHER_THREE}`));

/** "en", "en-GB", "eng" → "eng"; "fre" → "fra"; "und" for what is no language code. */
export function languageCode(language: string | null): string {
  const [primary = ''] = (language ?? '').trim().toLowerCase().split(/[-_]/);
  return CODES.get(primary) ?? (/^[a-z]{3}$/.test(primary) ? primary : 'und');
}

/** Three letters in fifteen bits, as `mdhd` holds them. */
export function packLanguage(code: string): number {
  return [...code].reduce((bits, letter) => (bits << 5) | (letter.charCodeAt(0) - 0x60), 0);
}

function pairs(text: string): [string, string][] {
  const codes = text.split(' ');
  return codes.flatMap((code, i): [string, string][] => (i % 2 === 0 ? [[code, codes[i + 1] ?? 'und']] : []));
}
