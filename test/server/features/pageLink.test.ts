/** Links of a page to a line of a topology, as VS Code's preview of Markdown follows them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pageLink } from '../../../server/features/pageLink.ts';

test('a path from the folder to the file, with its line', () => {
  const rows: [root: string, uri: string, link: string | undefined][] = [
    ['file:///home/me', 'file:///home/me/cloud.dvr.yaml', '/cloud.dvr.yaml#L8'],
    ['file:///home/me/', 'file:///home/me/a/b/cloud.dvr.yaml', '/a/b/cloud.dvr.yaml#L8'],
    ['file:///home/me/work', 'file:///home/you/cloud.dvr.yaml', '/../../you/cloud.dvr.yaml#L8'],
    ['file:///home/me', 'file:///home/me/z%C3%BCrich%20(1)/a%5Db.dvr.yaml', '/z%C3%BCrich%20%281%29/a%5Db.dvr.yaml#L8'],
    ['file:///home/me', 'file:///home/me/100%25%23.dvr.yaml', '/100%25%23.dvr.yaml#L8'],
    ['file:///home/me', 'file:///home/me/50%.dvr.yaml', '/50%25.dvr.yaml#L8'],
    ['file:///c%3A/clouds', 'file:///c:/clouds/one.dvr.yaml', '/one.dvr.yaml#L8'],
    ['file:///c%3A/clouds', 'file:///d%3A/kept/one.dvr.yaml', '/../../d%3A/kept/one.dvr.yaml#L8'],
    ['file:///', 'file:///cloud.dvr.yaml', '/cloud.dvr.yaml#L8'],
    ['file:///home/me', 'untitled:Untitled-1', undefined],
    ['file:///home/me', 'untitled:///home/me/cloud.dvr.yaml', undefined],
    ['file://server/share', 'file:///home/me/cloud.dvr.yaml', undefined],
    ['vscode-vfs://github/a/b', 'vscode-vfs://github/a/b/c.dvr.yaml', '/c.dvr.yaml#L8'],
    ['', 'file:///cloud.dvr.yaml', undefined],
  ];
  for (const [root, uri, link] of rows) assert.equal(pageLink(root, uri, 7), link, uri);
});
