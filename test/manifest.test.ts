/** package.json: that what it promises is there, is said to people in the same way, and asks for nothing too early. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

const root = path.resolve(import.meta.dirname, '..');
const textOf = (file: string): string => readFileSync(path.join(root, file), 'utf8');

interface Manifest {
  activationEvents: string[];
  browser?: string;
  capabilities: {
    untrustedWorkspaces: { supported: string; description: string; restrictedConfigurations: string[] };
    virtualWorkspaces: { supported: string; description: string };
  };
  contributes: {
    commands: { command: string; title: string; category: string }[];
    configuration: { properties: Record<string, Setting> };
    menus: Record<string, { command?: string; when?: string }[]>;
    viewsContainers: { activitybar: { icon: string }[] };
    viewsWelcome: { contents: string }[];
    walkthroughs: { steps: Step[] }[];
  };
  extensionKind: string[];
  keywords: string[];
}

interface Setting {
  order?: number;
  scope?: string;
  markdownDescription?: string;
  default?: unknown;
}

interface Step {
  title: string;
  description: string;
  media: { svg: string; altText: string };
  completionEvents: string[];
}

const manifest = JSON.parse(textOf('package.json')) as Manifest;
const { commands, configuration, menus, viewsContainers, viewsWelcome, walkthroughs } = manifest.contributes;
const names = new Set(commands.map(({ command }) => command));
const steps = walkthroughs.flatMap((walkthrough) => walkthrough.steps);

/** Words that a title in title case has in small letters. */
const SMALL = new Set(['a', 'an', 'and', 'as', 'for', 'from', 'in', 'of', 'on', 'or', 'that', 'the', 'to', 'with']);

test('commands: one category, titles in title case, none twice', () => {
  assert.equal(names.size, commands.length);
  for (const { command, title, category } of commands) {
    assert.equal(said(category), 'DVR', command);
    const wrong = said(title)
      .split(' ')
      .filter((word, index) => /^[a-z]/.test(word) && (index === 0 || !SMALL.has(word)));
    assert.deepEqual(wrong, [], said(title));
  }
});

test('commands: in the palette only where they can work', () => {
  const FREE = ['forgetPassphrases', 'import', 'newTopology', 'openDemo', 'recentTraces'].map((id) => `dvrscope.${id}`);
  const listed = new Set((menus['commandPalette'] ?? []).filter(({ when }) => when).map(({ command }) => command));
  const everywhere = [...names].filter((name) => !listed.has(name));
  assert.deepEqual(
    everywhere.filter((name) => !FREE.includes(name)),
    [],
  );
});

test('menus, links and events lead to commands that are there', () => {
  const inMenus = Object.values(menus).flatMap((rows) => rows.flatMap(({ command }) => command ?? []));
  const texts = [...viewsWelcome.map(({ contents }) => contents), ...steps.map(({ description }) => description)];
  const inLinks = texts.flatMap((text) =>
    [...said(text).matchAll(/\(command:([\w.]+)/g)].map(([, command]) => command!),
  );
  const inEvents = steps.flatMap(({ completionEvents }) =>
    completionEvents.flatMap((event) => /^onCommand:(.+)$/.exec(event)?.[1] ?? []),
  );
  const own = [...inMenus, ...inLinks, ...inEvents].filter((name) => name.startsWith('dvrscope.'));
  assert.deepEqual(
    own.filter((name) => !names.has(name)),
    [],
  );
  assert.ok(inLinks.length >= 8 && inEvents.length >= 5);
});

test('a walkthrough step has an own picture in colours of the theme, and an end', () => {
  for (const { title, media, completionEvents } of steps) {
    const svg = textOf(media.svg);
    assert.match(svg, /var\(--vscode-/, title);
    assert.doesNotMatch(svg, /<script|href=|<image|\bon\w+=/, title);
    assert.ok(said(media.altText).length > 20 && completionEvents.length > 0, title);
  }
});

test('texts of views and walkthrough have only the marks that VS Code knows there: links, and two asterisks', () => {
  for (const text of [...viewsWelcome.map(({ contents }) => contents), ...steps.map(({ description }) => description)])
    assert.doesNotMatch(said(text).replaceAll(/\*\*[^*]+\*\*/g, ''), /[`*]/);
});

test('the icons are there', () => {
  for (const { icon } of viewsContainers.activitybar) assert.match(textOf(icon), /currentColor/);
  assert.ok(existsSync(path.join(root, 'media/icon.svg')));
});

/** Every test that is run, as one text. */
const tests = readdirSync(path.join(root, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(?:test|suite)\.(?:ts|mjs)$/.test(name) && !name.includes('manifest.test'))
  .map((name) => textOf(path.join('test', name)))
  .join('\n');

test('settings: at most 30, each described, ordered, scoped, with a default of its own, and tested', () => {
  const settings = Object.entries(configuration.properties);
  assert.ok(settings.length <= 30);
  const orders = settings.map(([, { order }]) => order);
  assert.equal(new Set(orders).size, settings.length, `orders: ${orders.join(' ')}`);
  for (const [name, setting] of settings) {
    assert.ok(Number.isInteger(setting.order), `${name}: order`);
    assert.ok(setting.scope !== undefined, `${name}: scope`);
    assert.ok(setting.default !== undefined, `${name}: default`);
    assert.ok(said(setting.markdownDescription ?? '').length > 40, `${name}: description`);
    // In a test it stands whole, or as the object that `workspace/configuration` is answered with.
    const last = name.split('.').at(-1)!;
    assert.ok(tests.includes(name) || new RegExp(String.raw`\b${last}\b['"]?:`).test(tests), `${name}: no test`);
  }
});

test('nothing that leads to a login comes from a folder that is not trusted', () => {
  const { supported, restrictedConfigurations } = manifest.capabilities.untrustedWorkspaces;
  assert.equal(supported, 'limited');
  const ssh = Object.keys(configuration.properties).filter((name) => /^dvrscope\.ssh\.(?!timeout$)/.test(name));
  assert.deepEqual(restrictedConfigurations.toSorted(), ssh.toSorted());
  for (const name of ssh) assert.equal(configuration.properties[name]!.scope, 'machine-overridable', name);
});

test('it runs where the files are, in a Node, when a topology is opened and not before', () => {
  for (const event of manifest.activationEvents) assert.match(event, /^on(?:Language:dvr-topology|WebviewPanel:.+)$/);
  assert.deepEqual(manifest.extensionKind, ['workspace']);
  assert.equal(manifest.browser, undefined);
  assert.equal(manifest.capabilities.virtualWorkspaces.supported, 'limited');
});

test('the marketplace takes at most 30 keywords', () => assert.ok(manifest.keywords.length <= 30));

test('links and pictures of the README lead somewhere', () => {
  const links = [...textOf('README.md').matchAll(/\]\(([^)#\s]+)/g)].map(([, link]) => link!);
  const own = links.filter((link) => !link.startsWith('https://'));
  assert.ok(own.some((link) => link.endsWith('.webp')));
  assert.deepEqual(
    own.filter((link) => !existsSync(path.join(root, link))),
    [],
  );
});

/** The English text of what package.json says, also where it names a row of `package.nls.json`. */
function said(text: string): string {
  const [, key] = /^%(.+)%$/.exec(text) ?? [];
  if (key === undefined) return text;
  const value = (JSON.parse(textOf('package.nls.json')) as Record<string, string>)[key];
  assert.ok(value !== undefined, key);
  return value;
}
