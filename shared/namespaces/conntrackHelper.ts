/** Conntrack helpers of a router, as chains of the raw table of its central namespace, in both families. `agent/l3/extensions/conntrack_helper.py`. */
import { WRAP } from '../neutron.ts';
import { pointer } from '../problem.ts';
import type { Because, Family } from '../state.ts';
import type { ConntrackHelper, Router } from '../topology/types.ts';
import { type Choice, chosenOf } from './choice.ts';
import type { Context } from './devices.ts';
import { type ExtensionLine, unknown } from './types.ts';

/** `DEFAULT_CONNTRACK_HELPER_CHAIN`; each helper has a chain `cth-` with as much of its id as there is room for (`_get_chain_name`). */
export const HELPER_CHAIN = 'cth';
export const HELPER_ID_LENGTH = 7;

/** Key of a helper in `Allocations.ids`. */
export const helperKey = ({ pointer: at }: Pick<Router, 'pointer'>, index: number): string =>
  at + pointer('conntrack_helpers', String(index));

/** The chain for all stays, empty, when the last helper is gone. */
export const helperChoice = ({ pointer: at }: Pick<Router, 'pointer'>): Choice => ({
  key: `${at} ${HELPER_CHAIN}`,
  candidates: [HELPER_CHAIN],
  none: true,
});

export const helperSpec = ({ protocol, port, helper }: ConntrackHelper): string =>
  `-p ${protocol} -m ${protocol} --dport ${port} -j CT --helper ${helper}`;

const FAMILIES: readonly Family[] = ['inet', 'inet6'];

export function conntrackHelpers({ allocations }: Context, router: Router): ExtensionLine[] {
  const { conntrack_helpers: helpers } = router;
  // A topology that does not say which there are: what is there is taken as it is.
  if (!helpers) return allocations.helperLines[router.name] ?? [];
  const isLeft = chosenOf(allocations, helperChoice(router), []).length > 0;
  if (helpers.length === 0 && !isLeft) return [];
  const neutron = 'conntrack_helper.py: ConntrackHelperAgentExtension._install_default_rules';
  const sentence = 'the chain of all conntrack helpers stays until the agent restarts';
  const first: Because = { pointer: router.pointer, sentence, neutron };
  return FAMILIES.flatMap((family) => [
    { family, table: 'raw', chain: HELPER_CHAIN, because: first },
    { family, table: 'raw', chain: 'PREROUTING', spec: `-j ${WRAP}-${HELPER_CHAIN}`, because: first },
    ...helpers.flatMap((helper, index) => {
      const key = helperKey(router, index);
      const id = helper.id ?? allocations.ids[key] ?? unknown(`id of ${helper.helper}`);
      const chain = `${HELPER_CHAIN}-${id.includes('<') ? id : id.slice(0, HELPER_ID_LENGTH)}`;
      const because: Because = {
        pointer: key,
        sentence: `${helper.helper} on ${helper.protocol} port ${helper.port} opens further connections, which ${router.name} lets through`,
        neutron: 'conntrack_helper.py: ConntrackHelperAgentExtension._get_chain_rules_list',
      };
      const at = { family, table: 'raw', because };
      return [
        { ...at, chain },
        { ...at, chain: HELPER_CHAIN, spec: `-j ${WRAP}-${chain}` },
        { ...at, chain, spec: helperSpec(helper) },
      ];
    }),
  ]);
}
