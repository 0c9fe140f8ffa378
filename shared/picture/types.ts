/** A trace as what a picture of it needs: lanes, boxes, and steps in order. Everything is JSON; the picture is drawn elsewhere. */
import type { Side } from '../trace/cloud.ts';
import type { Disposition } from '../trace/disposition.ts';
import type { PacketHeader } from '../trace/packet.ts';
import type { TraceNodeType } from '../trace/tree.ts';
import type { NamespaceAspect, NodeAspectName } from '../state.ts';

/** Where an entry of a topology stands, both counted from 0. */
export interface Location {
  uri: string;
  line: number;
  character: number;
}

/** One trace, there and back. */
export interface Picture {
  side: Side;
  /** In one line: `exits-network as 192.168.1.21, answered`. */
  outcome: string;
  disposition: Disposition;
  answered: boolean;
  /** The tree in preorder. */
  steps: PictureStep[];
  there: PictureWay;
  /** Absent where nobody answers. */
  back?: PictureWay;
}

export interface PictureWay {
  /** As sent. */
  packet: PacketHeader;
  boxes: PictureBox[];
  /** How it ended; absent only where a trace was cut. */
  end?: { disposition: Disposition; text: string; step: number };
}

/** A column: a node, or what is outside of one external network. */
export interface Lane {
  id: string;
  kind: 'node' | 'outside' | 'nowhere';
  title: string;
  location?: Location;
}

/** A place that the packet passes. */
export interface PictureBox {
  kind: 'endpoint' | 'namespace' | 'outside' | 'bridge';
  /** Id of its lane. */
  lane: string;
  title: string;
  /** Whose it is: `router router1`. */
  owner?: string;
  /** Devices; absent where there is none. */
  in?: string;
  out?: string;
  /** Its step. */
  step: number;
  /** What decided in it, in order. */
  lines: BoxLine[];
  /** As the packet leaves, or as it was when it ended here. */
  packet: PacketHeader;
  /** What of the packet is not as it came: names of its fields. */
  changed: (keyof PacketHeader)[];
  /** What brought it here from another node: `through vxlan-0afb0015 to net1, tunnel id 0x18d`. */
  by?: string;
  /** No packet, but the question for its next hop, to which nobody answered. */
  isQuestion?: true;
}

export interface BoxLine {
  kind: 'rule' | 'route' | 'neighbour' | 'nat' | 'filter' | 'flow' | 'question' | 'warning';
  text: string;
  step: number;
}

/** An item of a state, so that it is found in the text of that state. */
export interface ItemPlace {
  node: string;
  /** `-` for the node itself. */
  namespace: string;
  aspect: NamespaceAspect | NodeAspectName;
  /** Of a rule of iptables: `nat`. */
  table?: string;
}

export interface PictureStep {
  /** Depth in the tree, from 1. */
  level: number;
  type: TraceNodeType;
  text: string;
  isReply?: true;
  /** Of no interest as long as all goes well: its children are not shown at first. */
  isClosed?: true;
  /** Why the item is there. */
  because?: { sentence: string; neutron: string };
  /** The entry of the topology that it is about or follows from. */
  location?: Location;
  item?: ItemPlace;
  /** Here expected and live part. */
  isParting?: true;
  /** The number of the same step in the other picture. */
  twin?: number;
}

/** What the view of a trace shows. `TraceViewAnswer` says why there is none. */
export interface TraceView {
  /** What was traced; the sender and the receiver as a person names them. */
  request: TraceRequestText;
  lanes: Lane[];
  expected: Picture;
  /** Absent before a comparison. */
  live?: Picture;
  /** Where the two part; null when they go the same way, absent without a live state. */
  parting?: PictureParting | null;
  /** What explains that, the first one foremost. */
  findings: PictureFinding[];
  /** Traces from where the packet ended to the address that it was seen to come from. Absent where it did not arrive. */
  otherWay?: TraceRequestText;
  /** What a person must know of the live state, in sentences: nodes that were not read, a topology edited since. */
  notes: string[];
}

export type TraceViewAnswer = { view: TraceView } | { problem: string };

/** As in `TraceParams`. */
export interface TraceRequestText {
  from: string;
  to: string;
  protocol?: string;
  sport?: number;
  dport?: number;
}

export interface PictureParting {
  /** For a person: `qrouter-ef25020f on compute1`; absent outside of nodes. */
  where?: string;
  isReply: boolean;
  /** The items as their tools print them; null where this side has no further step. */
  expected: string | null;
  live: string | null;
  because?: { sentence: string; neutron: string };
  location?: Location;
}

export interface PictureFinding {
  code: string;
  /** Id in the catalogue of faults. */
  fault?: string;
  title: string;
  breaks?: string;
  /** Commands that a person may run on the node. */
  fix: string[];
  node?: string;
  location?: Location;
}
