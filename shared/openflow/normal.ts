/** `NORMAL`: what a switch without flows does with a frame (`ofproto/ofproto-dpif-xlate.c: xlate_normal`). Multicast snooping, bonds and mirrors are off, as Neutron leaves them. */
import { type Words, field, readSlice, wholeOf } from './layout.ts';
import type { SwitchBridge, SwitchPort } from './switch.ts';

const IN_PORT = field('in_port').word;
const VLAN_TCI = field('vlan_tci').word;
const VLAN_TCI1 = field('vlan_tci1').word;
const DL_DST = wholeOf(field('dl_dst'));
const VLAN_CFI = 0x1000;
const PCP = 0xe000;

/** A frame that leaves with these tags. */
export interface Send {
  port: number;
  tci: number;
  tci1: number;
}

export type Normal = { sends: Send[]; note: string } | { unclear: string };

export function normal(bridge: SwitchBridge, words: Words): Normal {
  const from = bridge.ports.get(words[IN_PORT]!);
  if (!from) return { sends: [], note: 'no input bundle, dropping' };
  if (from.tag === undefined) return unknownTag(bridge, from);
  const vid = words[VLAN_TCI]! & 0xfff;
  if (from.tag !== 'trunk' && vid !== 0) {
    return { sends: [], note: `dropping VLAN ${vid} tagged packet received on port ${from.name} configured as VLAN ${from.tag} access port` }; // prettier-ignore
  }
  if (isReserved(words)) return { sends: [], note: 'packet has reserved destination MAC, dropping' };
  // A port with a VLAN of its own knows no inner tag (`xvlan_input_translate`).
  const pcp = words[VLAN_TCI]! & PCP;
  const [vlan, tci1] = from.tag === 'trunk' ? [vid, words[VLAN_TCI1]!] : [from.tag, 0];
  const to = bridge.macs?.get(`${vlan} ${macText(words)}`);
  if (to === undefined) return flood(bridge, from, vlan, pcp, tci1);
  const port = bridge.ports.get(to);
  if (!port) return { sends: [], note: 'learned port is unknown, dropping' };
  if (port === from) return { sends: [], note: 'learned port is input port, dropping' };
  if (port.tag === undefined) return unknownTag(bridge, port);
  return { sends: [sendTo(port, vlan, pcp, tci1)], note: 'forwarding to learned port' };
}

function flood(bridge: SwitchBridge, from: SwitchPort, vlan: number, pcp: number, tci1: number): Normal {
  const sends: Send[] = [];
  for (const port of bridge.ports.values()) {
    if (port === from) continue;
    if (port.tag === undefined) return unknownTag(bridge, port);
    // `xbundle_includes_vlan`: no frame with an inner tag goes to a port with a VLAN of its own, unless it was learned there.
    const isInVlan = port.tag === 'trunk' || (port.tag === vlan && (tci1 & 0xfff) === 0);
    if (isInVlan) sends.push(sendTo(port, vlan, pcp, tci1));
  }
  const note = bridge.macs
    ? 'no learned MAC for destination, flooding'
    : 'learned MACs were not collected: flooding, as for an unknown destination';
  return { sends, note };
}

const unknownTag = (bridge: SwitchBridge, port: SwitchPort): Normal => ({
  unclear: `NORMAL: the VLAN of port ${port.name} of ${bridge.name} is not known`,
});

/** `xvlan_output_translate`, `xvlan_put`: a port with a VLAN of its own gets the frame without any tag. */
function sendTo({ ofport, tag }: SwitchPort, vlan: number, pcp: number, tci1: number): Send {
  if (tag !== 'trunk') return { port: ofport, tci: 0, tci1: 0 };
  return { port: ofport, tci: tagged(vlan | pcp), tci1: tagged(tci1 & ~VLAN_CFI) };
}

const tagged = (tci: number): number => (tci === 0 ? 0 : tci | VLAN_CFI);

const macText = (words: Words): string =>
  readSlice(words, DL_DST).toString(16).padStart(12, '0').match(/../g)!.join(':');

/** `lib/packets.c: eth_addr_is_reserved`. */
function isReserved(words: Words): boolean {
  const high = words[DL_DST.field.word]!;
  const low = words[DL_DST.field.word + 1]!;
  if (high === 0x0180) return low >>> 4 === 0xc200_000;
  if (high === 0x00e0) return low === 0x2b00_0000 || low === 0x2b00_0004 || low === 0x2b00_0006;
  return high === 0x0100 && (CISCO.has(low) || low >>> 3 === 0x0ccc_ccc0 >>> 3);
}

const CISCO = new Set([0x0c00_0000, 0x0ccc_cccc, 0x0ccc_cccd, 0x0ccd_cdcd]);
