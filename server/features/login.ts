/** `dvrscope/login`: the words with which `ssh` gets to a node, by the same settings and files as a comparison goes. */
import type { Settings } from '../../shared/protocol.ts';
import type { LoginCommand } from '../../shared/protocolNodes.ts';
import { expandHome } from '../collect/identities.ts';
import { sshArguments } from '../collect/sshArguments.ts';
import { targetsOf } from '../collect/targets.ts';
import type { Document } from '../document.ts';
import { Refusal } from './feature.ts';

export function login(document: Document, name: string, { ssh }: Settings): LoginCommand {
  const node = document.reading().topology.nodes.find((each) => each.name === name);
  if (!node) throw new Refusal(`${name} is not in the topology.`);
  const configFile = ssh.configFile === '' ? undefined : expandHome(ssh.configFile);
  const [target] = targetsOf([node], { configFile, user: ssh.user === '' ? undefined : ssh.user });
  const args = sshArguments(target!, {
    configFile,
    identityFiles: ssh.identityFiles.map(expandHome),
    knownHostsFiles: ssh.knownHostsFiles.map(expandHome),
  });
  if ('problem' in args) throw new Refusal(`No terminal for ${name}: ${args.problem}.`);
  return { args };
}
