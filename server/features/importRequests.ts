/** `dvrscope/import` and `dvrscope/importScript`: a topology of what a cloud said of itself, and the script that saves that. */
import { REQUEST, type ImportParams, type ImportResult, type TextResult } from '../../shared/protocol.ts';
import { SAVE_SCRIPT } from '../neutron/saveScript.ts';
import { Refusal } from './feature.ts';
import { isOneOf, isText, type OwnRequest } from './ownRequest.ts';

export const importRequests: readonly [OwnRequest<ImportParams>, OwnRequest] = [
  {
    method: REQUEST.import,
    params: { kind: isOneOf('api', 'inventory'), path: isText },
    answer: async (params): Promise<ImportResult> => {
      // Most never import.
      const { importCloud } = await import('./import.ts');
      const result = await importCloud(params);
      if ('error' in result) throw new Refusal(result.error);
      return result;
    },
  },
  { method: REQUEST.importScript, params: {}, answer: (): TextResult => ({ text: SAVE_SCRIPT }) },
];
