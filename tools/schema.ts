/**
 * The vocabulary as a JSON Schema (draft-07), for editors and programs that know YAML but not us. Made from the same table that the
 * reader reads. What a schema cannot say (references, addresses in their subnets) only `dvrscope check` finds.
 */
import { KINDS, fieldsOf, type Field, type FieldType } from '../shared/topology/fields.ts';
import { REPOSITORY } from '../server/documentation.ts';

type Schema = Record<string, unknown>;

export const topologySchema = (): Schema => ({
  $schema: 'http://json-schema.org/draft-07/schema#',
  $id: `${REPOSITORY}/raw/HEAD/schemas/dvr-topology.schema.json`,
  title: 'OpenStack Neutron DVR topology',
  description: 'What a `*.dvr.yaml` file of dvrscope may hold. Keys are the names of the Neutron API.',
  ...recordOf('topology'),
  definitions: Object.fromEntries(
    Object.keys(KINDS)
      .filter((kind) => kind !== 'topology')
      .map((kind) => [kind, recordOf(kind)]),
  ),
});

/** The file `schemas/dvr-topology.schema.json`. */
export const schemaText = (): string => `${JSON.stringify(topologySchema(), null, 2)}\n`;

function recordOf(kind: string): Schema {
  const fields = [...fieldsOf(kind)!];
  const required = fields.filter(([, field]) => field.required).map(([key]) => key);
  return {
    // A thing of which nothing has to be said may be a key alone.
    type: required.length > 0 ? 'object' : ['object', 'null'],
    ...(required.length > 0 && { required }),
    properties: Object.fromEntries(fields.map(([key, field]) => [key, property(field)])),
    // A place for anchors, as Compose files have it.
    ...(kind === 'topology' && { patternProperties: { '^x-': {} } }),
    additionalProperties: false,
  };
}

/** Of a key that may be left out, `null` says the same. */
function property(field: Field): Schema {
  const note = field.default === undefined ? '' : ` Default: ${field.default}.`;
  const schema = typeOf(field);
  return { description: field.doc + note, ...(field.required ? schema : orNull(schema)) };
}

const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] });

/** Names may look like numbers or booleans to a YAML parser: `2023.1`, `1001`, `no`. */
const TEXT = { type: ['string', 'number', 'boolean'] };

const OCTET = '(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';
const IPV4 = `${OCTET}(?:\\.${OCTET}){3}`;
const IPV6 = '[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*';
const ADDRESS = `(?:${IPV4}|${IPV6})`;

function typeOf(type: FieldType): Schema {
  switch (type.type) {
    case 'string':
      return TEXT;
    case 'reference':
      return TEXT;
    case 'integer':
      return { type: 'integer', minimum: type.min, maximum: type.max };
    case 'boolean':
      return { type: 'boolean' };
    case 'enum':
      // Where others are allowed the words are still offered.
      return type.open ? { anyOf: [{ enum: type.values }, { type: 'string' }] } : { enum: type.values };
    case 'ip':
      return { type: 'string', pattern: `^${ADDRESS}$` };
    case 'cidr':
      return { type: 'string', pattern: `^${ADDRESS}/[0-9]{1,3}$` };
    case 'ip-or-cidr':
      return { type: 'string', pattern: `^${ADDRESS}(?:/[0-9]{1,3})?$` };
    case 'mac':
      return { type: 'string', pattern: '^[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}$' };
    case 'id':
      return { type: 'string', pattern: '^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{2}[0-9A-Fa-f-]{0,25}$' };
    case 'port-range':
      return { type: ['string', 'integer'], pattern: '^[0-9]{1,5}(?::[0-9]{1,5})?$' };
    case 'list':
      return { type: 'array', items: typeOf(type.of) };
    case 'map':
      return {
        type: 'object',
        ...(type.key.type === 'ip' && { propertyNames: { pattern: `^${ADDRESS}$` } }),
        additionalProperties: typeOf(type.of),
      };
    case 'record':
      return { $ref: `#/definitions/${type.kind}` };
  }
}
