/** Every text that a user sees can be translated, and no text is kept that nobody sees. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bundle, clientFiles, sourceOf, translated } from '../tools/l10n.ts';

const nls = (): Record<string, string> => JSON.parse(sourceOf('package.nls.json')) as Record<string, string>;

test('l10n/bundle.l10n.json holds the texts of the sources, as `npm run docs` writes it', () => {
  assert.equal(sourceOf('l10n/bundle.l10n.json'), bundle());
  assert.ok(translated().length > 50);
});

test('what is translated is written out: a name would not be found by a translator', () => {
  const allowed = /\bl10n\.t\((?:\s*['"]|(?:message|text), \.\.\.(?:args|rest)\))/;
  const wrong = clientFiles().flatMap((file) =>
    sourceOf(file)
      .split(/(?=\bl10n\.t\()/)
      .slice(1)
      .filter((call) => !allowed.test(call))
      .map((call) => `${file}: ${call.slice(0, 60)}`),
  );
  assert.deepEqual(wrong, []);
});

test('the places of a text are numbered from 0, without a gap', () => {
  for (const { text, file } of translated()) {
    const places = new Set([...text.matchAll(/\{(\d+)\}/g)].map(([, place]) => Number(place)));
    assert.deepEqual(
      [...places].toSorted((a, b) => a - b),
      [...places.keys()].map((_, i) => i),
      `${file}: ${text}`,
    );
  }
});

/** Where VS Code shows a text: as a property, or as the first argument. */
const SHOWN =
  /(?:\b(?:title|placeholder|placeHolder|prompt|label|description|detail|tooltip|openLabel|saveLabel)\s*[:=]|\bshow(?:Information|Warning|Error)Message\(|\bnew Error\()\s*(?:'([^']*)'|"([^"]*)"|`([^`]*)`)/g;

test('a text that is shown goes through a translation', () => {
  const plain = clientFiles()
    .filter((file) => !file.startsWith('client/webview/'))
    .flatMap((file) =>
      [
        ...sourceOf(file)
          .replaceAll(/^\s*(?:\/\/|\/?\*).*$/gm, '')
          .matchAll(SHOWN),
      ]
        .map(([, ...texts]) => texts.find((text) => text !== undefined)!)
        // Names, numbers and what is put together of translated parts.
        .filter((text) => /[A-Za-z]{3,}/.test(text.replaceAll(/\$\{[^}]*\}/g, '')) && !/^[a-z0-9-]+$/.test(text))
        .map((text) => `${file}: ${text}`),
    );
  assert.deepEqual(plain, []);
});

/** Keys of package.json whose values people read. */
const READ = /"(title|description|markdownDescription|displayName|name|contents|altText)": "((?:[^"\\]|\\.)*)"/g;

test('package.json names its texts, each of which is in package.nls.json, and no other', () => {
  const manifest = sourceOf('package.json');
  const contributes = manifest.slice(manifest.indexOf('"contributes"'));
  const plain = [...contributes.matchAll(READ)].filter(([, , text]) => !/^%.+%$/.test(text!)).map(([line]) => line);
  assert.deepEqual(plain, []);
  const used = [...manifest.matchAll(/"%([^"%]+)%"/g)].map(([, key]) => key!);
  assert.deepEqual([...new Set(used)].toSorted(), Object.keys(nls()).toSorted());
});
