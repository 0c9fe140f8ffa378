/** What the vocabulary table says of a key, as markdown. */
import { pointerKeys, type Pointer } from '../../shared/problem.ts';
import { fieldAt } from '../../shared/topology/fieldAt.ts';
import type { Field, FieldType } from '../../shared/topology/fields.ts';

/** `undefined` for keys that the user chose, and for unknown ones. */
export function fieldDocumentation(at: Pointer): string | undefined {
  const keys = pointerKeys(at);
  const field = fieldAt(keys)?.field;
  return field && documentationOf(keys.at(-1)!, field);
}

/** The same of a key that is not there yet. */
export function documentationOf(key: string, field: Field): string {
  const notes = [typeText(field), field.required ? 'required' : '', field.default ? `default: ${field.default}` : ''];
  return `**${key}** (${notes.filter(Boolean).join('; ')})\n\n${field.doc}`;
}

/** What a key takes, for people. */
function typeText(type: FieldType): string {
  switch (type.type) {
    case 'integer':
      return `${type.min} to ${type.max}`;
    case 'enum':
      return type.values.map((value) => `\`${value || '""'}\``).join(', ');
    case 'reference':
      return `name of a ${type.to}`;
    case 'list':
      return `list of ${typeText(type.of)}`;
    case 'map':
      return `${typeText(type.of)} by name`;
    case 'record':
      return type.kind.replaceAll('_', ' ');
    case 'ip':
      return 'IP address';
    case 'cidr':
      return 'prefix';
    case 'ip-or-cidr':
      return 'IP address or prefix';
    case 'mac':
      return 'MAC address';
    case 'port-range':
      return 'range of ports';
    default:
      return type.type;
  }
}
