/** Promises that somebody wrote down: from the line to packets, and what became of them. */
import { contains, familyOf } from '../ip.ts';
import { type PromiseEnd, type PromiseLine, readPromise } from '../topology/promiseText.ts';
import type { Topology } from '../topology/types.ts';
import type { Endpoint } from '../trace/cloud.ts';
import { type Source, cover, listSpace, senderKey, worldSpace } from './cover.ts';
import { outsideOf, witnessIn } from './exits.ts';
import { rangesOf } from './footprint.ts';
import { TOO_MANY, type Expectation, type Result, type Verdict, judge, resultOf } from './promise.ts';
import { type Range, subtract } from './ranges.ts';
import type { Case } from './tally.ts';
import { type Question, walk } from './walk.ts';
import type { Walker } from './walker.ts';

/** A promise as written. */
export interface Written {
  text: string;
  /** Its place in the file; absent for one of the command line. */
  pointer?: string;
}

/** What became of it: with the first packet that breaks it, or about which nothing is known. */
export interface WrittenOutcome {
  promise: Written;
  verdict: Verdict;
  result?: Result;
  witness?: Case;
  /** How many packets with different addresses it is about; all of the outside count as one. */
  count: number;
}

interface Work {
  topology: Topology;
  walker: Walker;
}

/** A promise that cannot be read is `unknown`, with the reason. */
export function verifyWritten(work: Work, promise: Written): WrittenOutcome {
  const line = readPromise(promise.text);
  if ('problem' in line) return { promise, verdict: { type: 'unknown', reason: line.problem }, count: 0 };
  const asked = line.type === 'isolated' ? isolated(work, line.networks) : questionsOf(work, line);
  if ('reason' in asked) return { promise, verdict: { type: 'unknown', reason: asked.reason }, count: 0 };
  let worst: Answer | undefined;
  let count = 0;
  for (const answer of asked.answers()) {
    count += answer.count;
    if (!worst || BADNESS[answer.verdict.type] > BADNESS[worst.verdict.type]) worst = answer;
  }
  if (!worst) return { promise, verdict: { type: 'unknown', reason: 'no packet can be sent for it' }, count };
  const { verdict, result, packet } = worst;
  const witness: Case = { ...packet, kind: 'written', text: promise.text };
  return { promise, verdict, ...(result && { result }), witness, count };
}

const BADNESS: Record<Verdict['type'], number> = { held: 0, unknown: 1, broken: 2 };

interface Answer {
  verdict: Verdict;
  result: Result | undefined;
  packet: Omit<Case, 'kind' | 'text'>;
  count: number;
}

type Asked = { answers: () => Answer[] } | { reason: string };

type Line = Extract<PromiseLine, { from: unknown }>;

function questionsOf(work: Work, line: Line): Asked {
  const { from, to } = line;
  if (from.type === 'outside')
    return to.type === 'address'
      ? fromOutside(work, line, to.address)
      : { reason: 'from outside only an address is known' };
  if (from.type === 'address' && isExternal(work, from.network)) {
    const target = to.type === 'address' ? to.address : addressesOf(work, to)[0];
    if (target === undefined) return { reason: 'it has no address to send to' };
    return packets(work, line, [{ from: { segment: from.network! }, src: from.address, dst: target }]);
  }
  const sources = sourcesOf(work, from);
  if (sources.length === 0) return { reason: `no bound port is meant by ${endText(from)}` };
  if (to.type === 'outside') return toOutside(work, line, sources);
  const targets = addressesOf(work, to);
  const pairs = sources.flatMap(({ from: endpoint, address }) =>
    targets
      .filter((target) => familyOf(target) === familyOf(address))
      .map((dst) => ({ from: endpoint, src: address, dst })),
  );
  if (pairs.length === 0) return { reason: `${endText(from)} and ${endText(to)} have no addresses of one family` };
  // What must be reached is reached by one of the addresses, as a trace takes them; what must not, by none.
  return packets(work, line, line.type === 'reach' ? pairs.slice(0, 1) : pairs);
}

const endText = (end: PromiseEnd): string =>
  end.type === 'outside'
    ? 'outside'
    : end.type === 'port'
      ? end.name
      : end.network === undefined
        ? end.address
        : `${end.address}@${end.network}`;

const isExternal = ({ topology }: Work, network: string | undefined): boolean =>
  topology.networks.some(({ name, external }) => name === network && external);

function sourcesOf({ walker }: Work, end: PromiseEnd): Source[] {
  const bound = walker.view.cloud.wiring.endpoints.filter(({ node }) => node !== undefined);
  return bound.flatMap((from) =>
    from.addresses.flatMap(({ local: address }) => {
      const isMeant =
        end.type === 'port'
          ? from.name === end.name
          : end.type === 'address' && from.segment === end.network && address === end.address;
      return isMeant ? [{ from, address }] : [];
    }),
  );
}

function addressesOf({ walker }: Work, end: PromiseEnd): string[] {
  if (end.type === 'address') return [end.address];
  if (end.type === 'outside') return [];
  const endpoint = walker.view.cloud.wiring.endpoints.find(({ name }) => name === end.name);
  return endpoint?.addresses.map(({ local }) => local) ?? [];
}

/** What a packet of the line must come to. */
function expectationOf(line: Line, src: string): Expectation {
  if (line.type === 'unreachable')
    return line.to.type === 'outside'
      ? { type: 'no-exit' }
      : { type: 'unreached', ...(line.to.type === 'port' ? { port: line.to.name } : {}) };
  const source = line.as === undefined ? {} : { source: line.as };
  if (line.to.type === 'outside') return { type: 'exit', ...source, isAnswered: line.as !== src };
  // A tenant's own address is nothing that the outside answers: who promises it promises no answer.
  return {
    type: 'answered',
    ...source,
    isOwn: line.as === src,
    ...(line.to.type === 'port' ? { port: line.to.name } : {}),
  };
}

const layer4 = ({ protocol, dport }: Line) => ({ protocol, ...(dport === undefined ? {} : { dport }) });

function packets({ walker }: Work, line: Line, questions: Pick<Question, 'from' | 'src' | 'dst'>[]): Asked {
  const answers = (): Answer[] =>
    questions.map((question) => {
      const result = outcomeOf(walker, { ...question, ...layer4(line) });
      return answerOf(line, question, result);
    });
  return { answers };
}

const outcomeOf = (walker: Walker, question: Question): Result | undefined => {
  const walked = walk(walker, question);
  return walked && resultOf(walked.outcome);
};

function answerOf(
  line: Line,
  { from, src, dst }: Pick<Question, 'from' | 'src' | 'dst'>,
  result: Result | undefined,
): Answer {
  const expectation = expectationOf(line, src);
  const verdict: Verdict = result
    ? judge(expectation, result)
    : { type: 'unknown', reason: `${src} and ${dst} are no addresses of one family` };
  const sender =
    'addresses' in from
      ? { port: from.name, address: src, segment: from.segment }
      : { address: src, segment: from.segment };
  return { verdict, result, packet: { from: sender, to: dst, ...layer4(line), expectation }, count: 1 };
}

const insideOf = ({ topology }: Work): string[] =>
  topology.networks.flatMap(({ subnets }) => subnets.map(({ cidr }) => cidr));

/** Everybody outside, by classes. */
function fromOutside(work: Work, line: Line, dst: string): Asked {
  const family = familyOf(dst)!;
  const segment = work.topology.networks.find(
    ({ external, subnets }) => external && subnets.some(({ cidr }) => contains(cidr, dst)),
  )?.name;
  if (segment === undefined) return { reason: `${dst} is on no external network: nothing outside leads to it` };
  const answers = (): Answer[] => {
    const found: Answer[] = [];
    let places: Range<bigint>[] = outsideOf(family, insideOf(work));
    for (let i = 0; places.length > 0; i++) {
      const src = witnessIn(worldSpace(family), family, places);
      const question: Question = { from: { segment }, src, dst, ...layer4(line) };
      const walked = i < MAX_CLASSES ? walk(work.walker, question) : undefined;
      const answer = answerOf(line, question, walked && resultOf(walked.outcome));
      found.push({ ...answer, ...(walked ? {} : { verdict: TOO_MANY }), count: i === 0 ? 1 : 0 });
      places = walked ? subtract(places, rangesOf(walked.footprint.src, family)) : [];
    }
    return found;
  };
  return { answers };
}

const MAX_CLASSES = 1000;

/** To everybody outside, by classes. */
function toOutside(work: Work, line: Line, sources: readonly Source[]): Asked {
  const answers = (): Answer[] =>
    sources.slice(0, line.type === 'reach' ? 1 : undefined).flatMap((source, i) => {
      const family = familyOf(source.address)!;
      const space = worldSpace(family);
      const found: Answer[] = [];
      const asked = { sources: [source], places: outsideOf(family, insideOf(work)), ...layer4(line) };
      cover(work.walker, space, asked, ({ places, walked }) => {
        const question = { from: source.from, src: source.address, dst: witnessIn(space, family, places) };
        const answer = answerOf(line, question, walked && resultOf(walked.outcome));
        found.push({
          ...answer,
          ...(walked ? {} : { verdict: TOO_MANY }),
          count: found.length === 0 && i >= 0 ? 1 : 0,
        });
      });
      return found;
    });
  return { answers };
}

/** All pairs of ports of two networks, both ways, by classes. */
function isolated(work: Work, networks: [string, string]): Asked {
  const { endpoints } = work.walker.view.cloud.wiring;
  const on = networks.map((name) => endpoints.filter((each) => each.segment === name && each.node !== undefined));
  const empty = networks.find((_, i) => on[i]!.length === 0);
  if (empty !== undefined) return { reason: `network ${empty} has no bound port` };
  return { answers: () => [...oneWay(work, on[0]!, on[1]!), ...oneWay(work, on[1]!, on[0]!)] };
}

function oneWay({ walker }: Work, from: readonly Endpoint[], to: readonly Endpoint[]): Answer[] {
  const names = new Set(to.map(({ name }) => name));
  const expectation: Expectation = { type: 'apart', isForeign: (name) => names.has(name) };
  const answers: Answer[] = [];
  for (const family of ['inet', 'inet6'] as const) {
    const ofFamily = (endpoint: Endpoint) =>
      endpoint.addresses.map(({ local }) => local).filter((local) => familyOf(local) === family);
    const space = listSpace(to.flatMap(ofFamily), family);
    const groups = new Map<string, Source[]>();
    for (const endpoint of from)
      for (const address of ofFamily(endpoint)) {
        const key = senderKey(endpoint, address);
        groups.set(key, [...(groups.get(key) ?? []), { from: endpoint, address }]);
      }
    for (const sources of groups.values())
      cover(walker, space, { sources, places: [[0, space.addresses.length]], protocol: 'icmp' }, (found) => {
        const [source] = found.sources;
        const sent = source!.from;
        for (const place of space.each!(found.places)) {
          const dst = space.addressOf(place);
          const result = found.walked && resultOf(found.walked.outcome, found.endOf(dst));
          const verdict = result ? judge(expectation, result) : TOO_MANY;
          const packet = {
            from: { port: sent.name, address: source!.address, segment: sent.segment },
            to: dst,
            protocol: 'icmp' as const,
            expectation,
          };
          answers.push({ verdict, result, packet, count: found.sources.length });
        }
      });
  }
  return answers;
}
