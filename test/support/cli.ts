/** Runs the command line inside this process. */
import { main } from '../../server/cli.ts';

export interface Ran {
  status: number;
  out: string;
  err: string;
}

export async function dvrscope(...args: string[]): Promise<Ran> {
  const ran: Ran = { status: -1, out: '', err: '' };
  ran.status = await main(args, { out: (text) => (ran.out += text), err: (text) => (ran.err += text) });
  return ran;
}
