/** `dvrscope/login`: the words with which `ssh` gets to a node. */
import { REQUEST } from '../../shared/protocol.ts';
import type { LoginCommand, NodeParams } from '../../shared/protocolNodes.ts';
import { isText, type OwnRequest } from './ownRequest.ts';

export const loginRequest: OwnRequest<NodeParams> = {
  method: REQUEST.login,
  params: { uri: isText, node: isText },
  answer: async ({ uri, node }, { document, settings, demo }): Promise<LoginCommand> => {
    // Loaded only here, as for a comparison.
    const { login } = await import('./login.ts');
    await demo.prepare(uri);
    return login(document(uri), node, await settings(uri));
  },
};
