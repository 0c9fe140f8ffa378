/** The Open vSwitch database in each form it comes in, as the real 3.1 printed one and the same: JSON, for people, `show`, and its own file. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readConfDb } from '../../../shared/ovs/confDb.ts';
import { type Row, portsOfTables, tableOf } from '../../../shared/ovs/database.ts';
import { portsOfShow, rowsOfText } from '../../../shared/ovs/listText.ts';
import { readNodeState } from '../../../shared/live.ts';
import type { Section } from '../../../shared/snapshot.ts';
import type { NodeState, OvsPort } from '../../../shared/state.ts';

const file = (name: string): string => readFileSync(join(import.meta.dirname, 'database', name), 'utf8');
const TABLES = ['Bridge', 'Port', 'Interface'] as const;

const portsOf = (rows: (table: string) => Row[] | undefined): OvsPort[] => {
  const [bridges, ports, interfaces] = TABLES.map((table) => rows(table)!);
  return portsOfTables(bridges!, ports!, interfaces!).toSorted((a, b) =>
    a.bridge + a.name < b.bridge + b.name ? -1 : 1,
  );
};

const json = portsOf((table) => tableOf(file(`${table}.json.txt`)));

describe('each form tells the same ports', () => {
  it('the JSON', () =>
    assert.deepEqual(
      json.map(({ name }) => name),
      ['br-int', 'patch-tun', 'tapaaa', 'weird port', 'br-tun', 'patch-int'],
    ));

  it('for people', () =>
    assert.deepEqual(
      portsOf((table) => rowsOfText(file(`${table}.txt`))),
      json,
    ));

  it('the file, in which later transactions tell only what changed', () => {
    const tables = readConfDb(file('conf.db'));
    assert.ok(typeof tables !== 'string');
    assert.match(file('conf.db'), /_is_diff/);
    assert.deepEqual(
      portsOf((table) => tables.get(table)),
      json,
    );
  });

  it('the file with a last record that is only half there', () => {
    const text = file('conf.db');
    const tables = readConfDb(`${text}OVSDB JSON 99 ${'0'.repeat(40)}\n{"Port":{"x`);
    assert.ok(typeof tables !== 'string');
    assert.deepEqual(
      portsOf((table) => tables.get(table)),
      json,
    );
  });

  it('show has all but the keys of ports and bridges', () => {
    const shown = portsOfShow(file('show.txt'), rowsOfText(file('Interface.txt'))!);
    const sorted = shown.toSorted((a, b) => (a.bridge + a.name < b.bridge + b.name ? -1 : 1));
    const lesser = json.map((port) => ({ ...port, other_config: {} }));
    for (const port of lesser) delete port.fail_mode;
    assert.deepEqual(sorted, lesser);
  });
});

/** Sections of a node with some forms of the database. */
function stateOf(outputs: Record<string, string>): NodeState {
  const sections = Object.entries(outputs).map(([command, stdout]): Section => ({
    namespace: '-',
    command,
    stdout,
    stderr: [],
    status: 0,
  }));
  return readNodeState({ header: {}, problems: [], sections });
}

describe('which form is taken', () => {
  const text = Object.fromEntries(
    TABLES.map((table) => [`ovs-vsctl -t 5 list ${table.toLowerCase()}`, file(`${table}.txt`)]),
  );
  const reasonOf = (state: NodeState) => state.gaps.find(({ aspect }) => aspect === 'ports')?.reason;

  it('tables for people', () => {
    const state = stateOf(text);
    assert.deepEqual([state.ports?.length, reasonOf(state)], [6, undefined]);
  });

  it('the file, where a table is missing', () => {
    const rest = { ...text };
    delete rest['ovs-vsctl -t 5 list port'];
    const state = stateOf({
      ...rest,
      'ovs-vsctl -t 5 show': file('show.txt'),
      'cat /etc/openvswitch/conf.db': file('conf.db'),
    });
    assert.deepEqual([state.ports?.length, reasonOf(state)], [6, undefined]);
  });

  it('show, where there is no file: tags are known, and the ports not compared', () => {
    const rest = { ...text };
    delete rest['ovs-vsctl -t 5 list port'];
    const state = stateOf({ ...rest, 'ovs-vsctl -t 5 show': file('show.txt') });
    assert.equal(state.ports?.find(({ name }) => name === 'tapaaa')?.tag, 6);
    assert.match(reasonOf(state) ?? '', /"ovs-vsctl -t 5 show" does not show all that is compared$/);
  });

  it('a clustered database, or no database', () => {
    const state = stateOf({ 'cat /etc/openvswitch/conf.db': `OVSDB CLUSTER 3 ${'0'.repeat(40)}\n{}\n` });
    assert.equal(reasonOf(state), '"cat /etc/openvswitch/conf.db" cannot be read: a clustered database');
    assert.equal(readConfDb('hello\nworld\n'), 'line 1 begins no record');
    assert.equal(readConfDb(''), 'it begins with no schema');
  });
});

describe('bad input', () => {
  const record = (value: unknown) => `OVSDB JSON 9 ${'0'.repeat(40)}\n${JSON.stringify(value)}\n`;

  it('keys with a meaning of their own in JavaScript are only keys', () => {
    const rows = '{"__proto__":{"name":"x","other_config":["map",[["__proto__","y"]]]},"u":{"constructor":1}}';
    const tables = readConfDb(
      `${record({ tables: {} })}OVSDB JSON 9 ${'0'.repeat(40)}\n{"Port":${rows},"__proto__":{}}\n`,
    );
    assert.ok(typeof tables !== 'string');
    assert.equal(tables.get('Port')?.length, 2);
    assert.equal(({} as Record<string, unknown>)['name'], undefined);
  });

  it('no text makes a reader throw', () => {
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom(...file('Interface.txt').split('\n'), ...file('show.txt').split('\n')),
    );
    const value = fc.jsonValue();
    fc.assert(
      fc.property(fc.array(line), fc.array(value), (lines, values) => {
        const text = lines.join('\n');
        const rows = rowsOfText(text) ?? [];
        portsOfShow(text, rows);
        portsOfTables(rows, rows, rows);
        const tables = readConfDb(
          record({ tables: { Port: { columns: { a: { type: { max: 'unlimited' } } } } } }) +
            values.map((each) => record({ Port: each, _is_diff: true })).join(''),
        );
        assert.ok(typeof tables === 'string' || tables instanceof Map);
        readConfDb(values.map(record).join(''));
      }),
      { seed: 3, numRuns: 300 },
    );
  });
});
