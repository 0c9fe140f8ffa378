/** What the vocabulary table says of a key, as markdown. */
import { pointerKeys, type Pointer } from '../../shared/problem.ts';
import { fieldsOf, type Field, type FieldType } from '../../shared/topology/fields.ts';

/** `undefined` for keys that the user chose, and for unknown ones. */
export function fieldDocumentation(at: Pointer): string | undefined {
  const keys = pointerKeys(at);
  const field = fieldAt(keys);
  if (!field) return undefined;
  const notes = [typeText(field), field.required ? 'required' : '', field.default ? `default: ${field.default}` : ''];
  return `**${keys.at(-1)}** (${notes.filter(Boolean).join('; ')})\n\n${field.doc}`;
}

/** Walks the table by the keys; a key that a person chose is a step into what its map takes. */
function fieldAt(keys: string[]): Field | undefined {
  let type: FieldType = { type: 'record', kind: 'topology' };
  let field: Field | undefined;
  for (const key of keys) {
    field = type.type === 'record' ? fieldsOf(type.kind)?.get(key) : undefined;
    const inner: FieldType | undefined = field ?? elementOf(type);
    if (!inner) return undefined;
    type = inner;
  }
  return field;
}

const elementOf = (type: FieldType): FieldType | undefined =>
  type.type === 'map' || type.type === 'list' ? type.of : undefined;

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
