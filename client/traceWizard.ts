/** The questions of "DVR: Trace a Packet": from, to, and the protocol with its port. What was answered lately comes first. */
import { isIP } from 'node:net';
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import {
  REQUEST,
  type EndpointEntry,
  type TraceChoices,
  type TraceChoicesParams,
  type TraceParams,
} from '../shared/protocol.ts';
import { type StepItem, BACK, group, pickStep } from './wizardStep.ts';

const { t } = vscode.l10n;

export type Answers = Omit<TraceParams, 'uri'>;

/** What is known before the first question. */
export interface Given extends Partial<Answers> {
  /** A cursor in the topology: it may be on a port, or on a floating IP. */
  position?: TraceChoicesParams['position'];
  /** Earlier traces of this topology, the newest first. */
  recent?: readonly Answers[];
}

/** `undefined` when the user turned away. */
export async function askTrace(client: LanguageClient, uri: string, given: Given = {}): Promise<Answers | undefined> {
  const { position, recent = [], ...known } = given;
  const params: TraceChoicesParams = { uri, ...(position ? { position } : {}) };
  const choices = await client.sendRequest<TraceChoices>(REQUEST.traceChoices, params);
  if (choices.ports.length === 0 && choices.outside.length === 0)
    throw new Error(t('This topology has no ports that a packet could start from.'));
  return ask({ choices, recent }, { ...choices.at, ...known });
}

interface Facts {
  choices: TraceChoices;
  recent: readonly Answers[];
}

type Protocol = Pick<Answers, 'protocol' | 'dport'>;

/** Question by question, and back; what is given is not asked first. */
async function ask(facts: Facts, given: Partial<Answers>): Promise<Answers | undefined> {
  let { from, to } = given;
  const first = from === undefined ? 1 : to === undefined ? 2 : 3;
  let step = first;
  for (;;) {
    if (step === 1) {
      // oxlint-disable-next-line no-await-in-loop -- one question after the other
      const answer = await askFrom(facts, to);
      if (answer === undefined || answer === BACK) return undefined;
      from = answer;
      step = given.to === undefined ? 2 : 3;
    } else if (step === 2) {
      // oxlint-disable-next-line no-await-in-loop -- as above
      const answer = await askTo(facts, from!);
      if (answer === undefined) return undefined;
      if (answer !== BACK) to = answer;
      step = answer === BACK ? 1 : 3;
    } else {
      // oxlint-disable-next-line no-await-in-loop -- as above
      const answer = await askProtocol(facts, to!);
      if (answer === undefined) return undefined;
      if (answer !== BACK) return { from: from!, to: to!, ...answer };
      step = 2;
      if (given.to !== undefined && given.from === undefined) step = 1;
    }
  }
}

const TITLE = (): { title: string; totalSteps: number } => ({ title: t('Trace a Packet'), totalSteps: 3 });

function askFrom({ choices, recent }: Facts, to: string | undefined): Promise<string | typeof BACK | undefined> {
  const { ports, outside } = choices;
  const [agents, vms] = [ports.filter(isAgents), ports.filter((port) => !isAgents(port))];
  const strangers = outside.flatMap(({ network, gateways }) =>
    strangersOn(gateways).map((address) =>
      item(`${address}@${network}`, t('somebody outside, on {0}', network), 'globe'),
    ),
  );
  const known = [...vms.map(portItem), ...strangers, ...agents.map(portItem)];
  const isFromOutside = to !== undefined && choices.floatingIps.some(({ address }) => address === to);
  const outsiders = group(t('Outside'), strangers);
  const lastUsed = group(t('Recently Used'), lately(recent, 'from', known));
  const machines = group(t('Ports'), vms.map(portItem));
  return pickStep({
    ...TITLE(),
    step: 1,
    placeholder: t('From: a port, or type ADDRESS@NETWORK'),
    items: [
      ...(isFromOutside ? [outsiders, lastUsed, machines] : [lastUsed, machines, outsiders]).flat(),
      ...group(t('Ports of Routers and Agents'), agents.map(portItem)),
    ],
    canGoBack: false,
    free: addressAtNetwork,
  });
}

function askTo({ choices, recent }: Facts, from: string): Promise<string | typeof BACK | undefined> {
  const { ports, floatingIps, outside } = choices;
  const isOutside = outside.some(({ network }) => from.endsWith(`@${network}`));
  const others = ports.filter(({ name }) => name !== from);
  const targets = others.filter((port) => !isAgents(port)).map(portItem);
  const agents = others.filter(isAgents).map(portItem);
  const floating = floatingIps.map(({ address, port, node }) =>
    item(address, [t('floating IP'), port, node].filter((part) => part !== undefined).join(' · '), 'link-external'),
  );
  const routers = outside.flatMap((each) =>
    each.routers.map(({ router, address }) => item(address, t('{0} on {1}', router, each.network), 'circuit-board')),
  );
  const gateways = outside.flatMap(({ network, gateways: all }) =>
    all.map((address) => item(address, t('gateway of {0}', network), 'globe')),
  );
  const addresses = ports.find(({ name }) => name === from)?.addresses ?? [];
  const far = farFrom(addresses).map((address) => item(address, t('an address outside'), 'globe'));
  const metadata = item(METADATA, t('metadata'), 'database');
  const out = group(t('Outside'), [...far, ...gateways]);
  const groups = isOutside
    ? [group(t('Floating IPs'), floating), group(t('Routers'), routers), group(t('Ports'), targets)]
    : [out, group(t('Ports'), targets), group(t('Floating IPs'), floating), group(t('Metadata'), [metadata])];
  const items = [...groups, group(t('Ports of Routers and Agents'), agents)].flat();
  return pickStep({
    ...TITLE(),
    step: 2,
    placeholder: t('To: a port, a floating IP, or type any address'),
    items: [...group(t('Recently Used'), lately(recent, 'to', items)), ...items],
    canGoBack: true,
    free: (typed) => (isIP(typed) ? item(typed, t('this address'), 'globe') : addressAtNetwork(typed)),
  });
}

function askProtocol({ choices, recent }: Facts, to: string): Promise<Protocol | typeof BACK | undefined> {
  const used = recent.map(({ protocol = 'icmp', dport }) => protocolItem(protocol, dport));
  const forwarded = choices.floatingIps.find(({ address }) => address === to)?.forwarded ?? [];
  const first = [
    ...forwarded.map(({ protocol, dport }) => protocolItem(protocol, dport, t('forwarded'))),
    ...(to === METADATA ? [protocolItem('tcp', 80, t('metadata'))] : []),
  ];
  const usual = [
    protocolItem('icmp', undefined, t('ping')),
    ...USUAL.map(([protocol, dport, name]) => protocolItem(protocol, dport, name)),
  ];
  return pickStep({
    ...TITLE(),
    step: 3,
    placeholder: t('Protocol and port: choose, or type one such as “tcp 8080”'),
    items: [
      ...(first.length > 0 ? first : group(t('Recently Used'), unique(used).slice(0, 3))),
      ...group(t('Usual'), usual),
    ],
    canGoBack: true,
    free: typedProtocol,
  });
}

const METADATA = '169.254.169.254';
/** IANA's names of ports that people try first. */
const USUAL: [protocol: string, dport: number, name: string][] = [
  ['tcp', 22, 'SSH'],
  ['tcp', 80, 'HTTP'],
  ['tcp', 443, 'HTTPS'],
  ['udp', 53, 'DNS'],
];

const item = (label: string, description: string, icon: string): StepItem<string> => ({
  label,
  description,
  iconPath: new vscode.ThemeIcon(icon),
  value: label,
});

const isAgents = ({ device_owner: owner }: EndpointEntry): boolean => owner.startsWith('network:');

const portItem = (port: EndpointEntry): StepItem<string> => {
  const { name, addresses, node, network, device_owner: owner } = port;
  const parts = [addresses.join(', '), node ?? t('on no node'), network, ...(isAgents(port) ? [owner] : [])];
  return item(name, parts.join(' · '), isAgents(port) ? 'plug' : 'vm');
};

/** Addresses for documentation: those of nobody (RFC 5737, RFC 3849). */
const strangersOn = (gateways: readonly string[]): string[] =>
  [
    ...(gateways.some((gateway) => isIP(gateway) === 6) ? ['2001:db8:ffff::10'] : []),
    ...(gateways.every((gateway) => isIP(gateway) === 6) && gateways.length > 0 ? [] : ['198.51.100.10']),
  ].toReversed();

/** Well-known addresses outside, of the families that the sender has. */
const farFrom = (addresses: readonly string[]): string[] => [
  ...(addresses.length === 0 || addresses.some((address) => isIP(address) === 4) ? ['8.8.8.8'] : []),
  ...(addresses.some((address) => isIP(address) === 6) ? ['2001:4860:4860::8888'] : []),
];

/** What was answered lately and still exists, or was typed by hand. */
function lately(
  recent: readonly Answers[],
  end: 'from' | 'to',
  known: readonly StepItem<string>[],
): StepItem<string>[] {
  const used = [...new Set(recent.map((trace) => trace[end]))];
  const items = used.flatMap((name) => {
    const found = known.find(({ value }) => value === name);
    return found ?? (isIP(name.split('@')[0]!) ? item(name, '', 'globe') : []);
  });
  return items.slice(0, 3);
}

const addressAtNetwork = (typed: string): StepItem<string> | undefined => {
  const [address, ...network] = typed.split('@');
  return network.join('@') !== '' && isIP(address!)
    ? item(typed, t('this address on this network'), 'globe')
    : undefined;
};

const protocolItem = (protocol: string, dport: number | undefined, description = ''): StepItem<Protocol> => ({
  label: [protocol, dport].filter((part) => part !== undefined).join(' '),
  description,
  value: { protocol, ...(dport === undefined ? {} : { dport }) },
});

const unique = (items: readonly StepItem<Protocol>[]): StepItem<Protocol>[] => [
  ...new Map(items.map((each) => [each.label, each])).values(),
];

/** `tcp 8080`, `udp:53`, or a port alone, which is one of TCP. */
function typedProtocol(typed: string): StepItem<Protocol> | undefined {
  const [, protocol = 'tcp', digits] = /^(?:(tcp|udp)[\s:/]*)?(\d{1,5})$/i.exec(typed) ?? [];
  const dport = Number(digits);
  if (digits === undefined || dport < 1 || dport > 65535) return undefined;
  return protocolItem(protocol.toLowerCase(), dport, t('this port'));
}
