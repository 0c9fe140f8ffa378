/** What the client does with the server's questions, with an editor made of rows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answer, offerToKeep, type Asker } from '../../client/answer.ts';
import type { Question } from '../../shared/protocol.ts';

/** An editor whose user gives these replies in turn; `undefined` turns away. */
function editor(
  replies: (string | undefined)[],
  secrets = new Map<string, string>(),
  typed = new Map<string, string>(),
): { asker: Asker; asked: string[] } {
  const asked: string[] = [];
  const reply = async (text: string): Promise<string | undefined> => {
    asked.push(text);
    assert.ok(replies.length > 0, `one question too many: ${text}`);
    return replies.shift();
  };
  const asker: Asker = {
    t: (message, ...args) => message.replaceAll(/\{(\d+)\}/g, (_, index: string) => String(args[Number(index)])),
    choose: async (message, detail, buttons, close) =>
      reply(`${message} [${buttons.join('|')}${close === undefined ? '' : ` or ${close}`}] ${detail}`),
    input: async (title, prompt, isSecret) => reply(`${title}: ${prompt}${isSecret ? ' (hidden)' : ''}`),
    secrets: {
      get: async (key) => secrets.get(key),
      store: async (key, value) => void secrets.set(key, value),
      delete: async (key) => void secrets.delete(key),
    },
    typed,
  };
  return { asker, asked };
}

const HOST_KEY: Question = {
  kind: 'host-key',
  host: '[node1]:2222',
  keyType: 'ssh-ed25519',
  fingerprint: 'SHA256:abc',
  file: '/home/me/.ssh/known_hosts',
  detail: 'Compare it on the node.',
};

test('a host key is trusted only by a button that says so', async () => {
  const rows: [button: string | undefined, expected: string][] = [
    ['Trust and Remember', 'remember'],
    ['Trust Once', 'once'],
    [undefined, 'refuse'],
    ['Cancel', 'refuse'],
  ];
  for (const [button, expected] of rows) {
    const { asker, asked } = editor([button]);
    assert.deepEqual(await answer(HOST_KEY, asker), [expected]);
    assert.match(asked[0]!, /\[node1\]:2222 is not known.*ssh-ed25519\nSHA256:abc\n\nCompare it/s);
  }
});

test('where it cannot be remembered, that is not offered', async () => {
  const { asker, asked } = editor(['Trust Once']);
  assert.deepEqual(await answer({ ...HOST_KEY, file: '' }, asker), ['once']);
  assert.match(asked[0]!, /\[Trust Once\]/);
});

test('a passphrase: typed, kept only if it was right and the user says so, forgotten when it was wrong', async () => {
  const question = { kind: 'passphrase', file: '/k', isRepeated: false } as const;
  const secrets = new Map<string, string>();
  const once = editor(['open', 'Ask Every Time'], secrets).asker;
  assert.deepEqual(await answer(question, once), ['open']);
  await offerToKeep('/k', once);
  assert.equal(secrets.size, 0);
  const { asker, asked } = editor(['open', 'Keep'], secrets);
  assert.deepEqual(await answer(question, asker), ['open']);
  assert.equal(asked.length, 1, 'nobody knows yet whether it is right');
  assert.equal(secrets.size, 0);
  await offerToKeep('/other', asker);
  await offerToKeep('/k', asker);
  await offerToKeep('/k', asker);
  assert.equal(asked.length, 2, 'asked once');
  assert.match(asked[0]!, /^Passphrase of \/k: {2}\(hidden\)$/);
  assert.match(asked[1]!, /^Keep the passphrase of \/k\? \[Keep or Ask Every Time\]/);
  assert.deepEqual([...secrets], [['passphrase:/k', 'open']]);
  const again = editor([], secrets).asker;
  assert.deepEqual(await answer(question, again), ['open'], 'from the storage');
  await offerToKeep('/k', again);
  const repeated = { ...question, isRepeated: true };
  const typed = new Map([['/k', 'wrong']]);
  const { asker: turned } = editor([undefined], secrets, typed);
  assert.equal(await answer(repeated, turned), null);
  assert.equal(secrets.size, 0, 'a wrong one is not kept');
  await offerToKeep('/k', turned);
  assert.deepEqual([secrets.size, typed.size], [0, 0], 'nor what was typed before the user turned away');
});

test('passwords and codes are asked for one by one and never kept', async () => {
  const secrets = new Map<string, string>();
  const prompts = [
    { text: 'Password:', isSecret: true },
    { text: 'Code:', isSecret: false },
  ];
  const question: Question = {
    kind: 'login',
    login: 'me@node1',
    instruction: 'Second factor.',
    prompts,
    isRepeated: true,
  };
  const { asker, asked } = editor(['pw', '123'], secrets);
  assert.deepEqual(await answer(question, asker), ['pw', '123']);
  assert.deepEqual(asked, [
    'Log in as me@node1: That was wrong. Second factor. Password: (hidden)',
    'Log in as me@node1: That was wrong. Second factor. Code:',
  ]);
  assert.equal(await answer(question, editor(['pw', undefined], secrets).asker), null);
  assert.equal(secrets.size, 0);
});
