/** What one scalar of the file means where a field expects it. Total: any text gives a value, a complaint, or both. */
import { canonical, familyOf, isMac, networkText, parsePrefix } from '../ip.ts';
import type { ReaderCode } from './codes.ts';
import { didYouMean } from './nearest.ts';
import { either, quote } from './describe.ts';
import type { FieldType } from './fields.ts';
import type { ScalarTree } from './tree.ts';

export interface Decoded {
  /** Absent: the text cannot be used. */
  value?: string | number | boolean;
  /** What is wrong, to be put behind the name of the key: `must be …`. */
  wrong?: { code: ReaderCode; message: string };
}

export type ScalarType = Exclude<FieldType, { type: 'list' | 'map' | 'record' }>;

export function decodeScalar(field: ScalarType, { text, plain }: ScalarTree): Decoded {
  switch (field.type) {
    case 'string':
      return { value: text };
    case 'reference':
      return text === '' ? wrong('wrong-type', `must name a ${field.to}`) : { value: text };
    case 'integer':
      return integer(field, text, plain);
    case 'boolean':
      return boolean(text, plain);
    case 'enum':
      return word(field, text);
    case 'ip':
      return address(text);
    case 'cidr':
      return prefix(text);
    case 'ip-or-cidr':
      return text.includes('/') ? addressOrPrefix(text) : address(text);
    case 'mac':
      return mac(text);
    case 'id':
      return id(text);
    case 'port-range':
      return portRange(text);
  }
}

/** What a field takes, for a person: `an integer from 1 to 65535`. */
export function expectation(field: FieldType): string {
  switch (field.type) {
    case 'string':
      return 'a text';
    case 'integer':
      return field.min === field.max ? `${field.min}` : `an integer from ${field.min} to ${field.max}`;
    case 'boolean':
      return 'true or false';
    case 'enum':
      return either(field.values.filter((value) => value !== ''));
    case 'ip':
      return 'an IP address such as 10.0.0.1';
    case 'cidr':
      return 'a prefix such as 10.0.0.0/24';
    case 'ip-or-cidr':
      return 'an IP address or a prefix';
    case 'mac':
      return 'a MAC address such as fa:16:3e:00:00:01';
    case 'id':
      return 'a UUID or its first 11 characters';
    case 'port-range':
      return 'a range of ports such as 8000:8010';
    case 'reference':
      return `the name of a ${field.to}`;
    case 'list':
      return 'a list';
    case 'map':
      return 'a map from names to what they stand for';
    case 'record':
      return 'a map of keys and values';
  }
}

const wrong = (code: ReaderCode, message: string): Decoded => ({ wrong: { code, message } });

const wrongType = (field: FieldType, text: string): Decoded =>
  wrong('wrong-type', `must be ${expectation(field)}, not ${quote(text)}`);

function integer(field: ScalarType & { type: 'integer' }, text: string, plain: boolean): Decoded {
  const value = /^(?:[-+]?\d+|0x[\da-fA-F]+|0o[0-7]+)$/.test(text) ? Number(text) : NaN;
  if (!(value >= field.min && value <= field.max)) return wrongType(field, text);
  return plain ? { value } : { value, ...wrong('wrong-type', `is a number, so leave out the quotes: ${value}`) };
}

function boolean(text: string, plain: boolean): Decoded {
  const value = /^(?:true|True|TRUE)$/.test(text);
  if (!value && !/^(?:false|False|FALSE)$/.test(text)) return wrongType({ type: 'boolean' }, text);
  return plain ? { value } : { value, ...wrong('wrong-type', `is a boolean, so leave out the quotes: ${value}`) };
}

function word(field: ScalarType & { type: 'enum' }, text: string): Decoded {
  if (field.open || field.values.includes(text)) return { value: text };
  const { wrong: complaint } = wrongType(field, text);
  return { wrong: { code: 'wrong-type', message: `${complaint!.message}.${didYouMean(text, field.values)}` } };
}

function address(text: string): Decoded {
  const value = canonical(text);
  if (value !== undefined) return { value };
  const bare = canonical(text.split('/')[0]!);
  if (bare !== undefined && parsePrefix(text))
    return { value: bare, ...wrong('bad-address', `must be an address without prefix length: ${bare}`) };
  return wrong('bad-address', `must be an IP address, which ${quote(text)} is not${whyNoAddress(text)}`);
}

/** The usual slips in IPv4 addresses. */
function whyNoAddress(text: string): string {
  const parts = text.split('.');
  if (!/^[\d.]+$/.test(text)) return '';
  if (parts.length !== 4 || parts.includes('')) return `: IPv4 has four numbers`;
  const bad = parts.find((part) => Number(part) > 255);
  return bad ? `: ${bad} is more than 255` : ': no leading zeros';
}

function prefix(text: string): Decoded {
  const parsed = parsePrefix(text);
  if (!parsed) return wrong('bad-prefix', `must be a prefix such as 10.0.0.0/24, which ${quote(text)} is not`);
  // Which one, nobody can guess: what followed from a guess would be told as mistakes of others.
  if (!text.includes('/'))
    return wrong(
      'bad-prefix',
      `needs a prefix length behind ${quote(text)}, such as /${parsed.family === 'inet' ? 24 : 64}`,
    );
  const value = networkText(parsed);
  if (parsed.address !== value.split('/')[0])
    return {
      value,
      ...wrong('bad-prefix', `has bits set behind the prefix length; Neutron refuses it. Write ${value}`),
    };
  return { value };
}

/** Host bits stay: an allowed address pair is used as it is written. */
function addressOrPrefix(text: string): Decoded {
  const parsed = parsePrefix(text);
  return parsed
    ? { value: `${parsed.address}/${parsed.length}` }
    : wrong('bad-prefix', `must be an IP address or a prefix, which ${quote(text)} is not`);
}

/** `lib: constants.py: INVALID_MAC_ADDRESSES`. */
const INVALID_MAC_ADDRESSES = ['00:00:00:00:00:00', 'ff:ff:ff:ff:ff:ff'];

function mac(text: string): Decoded {
  const value = text.toLowerCase();
  if (INVALID_MAC_ADDRESSES.includes(value)) return wrong('bad-mac', `cannot be ${value}: no port has that MAC`);
  if (isMac(value)) return { value };
  const colons = value.replaceAll('-', ':');
  if (isMac(colons)) return { value: colons, ...wrong('bad-mac', `is written with colons: ${colons}`) };
  return wrong('bad-mac', `must be a MAC address such as fa:16:3e:00:00:01, which ${quote(text)} is not`);
}

const UUID = '00000000-0000-0000-0000-000000000000';

/** Position by position, so that a beginning of a UUID is enough. */
function id(text: string): Decoded {
  const value = text.toLowerCase();
  const isPrefix = Array.from(value).every((c, i) =>
    UUID[i] === '-' ? c === '-' : UUID[i] === '0' && /[\da-f]/.test(c),
  );
  if (isPrefix && value.length >= 11) return { value };
  const why = familyOf(text) ? ' (that is an address)' : isPrefix ? ` (${value.length} characters are too few)` : '';
  return wrong('bad-id', `must be a UUID or its first 11 characters, which ${quote(text)} is not${why}`);
}

/** `lib: api/definitions/fip_pf_port_range.py`; one port alone is a range of one. */
function portRange(text: string): Decoded {
  const [first, last = first, ...more] = text.split(':').map((port) => (/^\d{1,5}$/.test(port) ? Number(port) : NaN));
  const isRange = more.length === 0 && first! >= 1 && last! >= first! && last! <= 65_535;
  return isRange ? { value: `${first}:${last}` } : wrongType({ type: 'port-range' }, text);
}
