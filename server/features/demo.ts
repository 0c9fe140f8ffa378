/** `dvrscope/demo`: the topology of the demo cloud, made where there is none. Its nodes are started when they are compared with. */
import { REQUEST, type DemoParams } from '../../shared/protocol.ts';
import { fileErrorText } from '../collect/errorCode.ts';
import { Refusal } from './feature.ts';
import type { OwnRequest } from './ownRequest.ts';

export const demoRequest: OwnRequest<DemoParams> = {
  method: REQUEST.demo,
  params: { isReset: (value) => typeof value === 'boolean' },
  answer: ({ isReset }, { demo }) => demo.open(isReset).catch(refuseDemo),
};

/** It needs a folder that may be written, and room in it. */
export function refuseDemo(error: unknown): never {
  if (error instanceof Refusal) throw error;
  throw new Refusal(`The demo cloud cannot be made: ${fileErrorText(error)}`);
}
