/** All requests of our own. A new one is its file and a line here. What needs much to be answered is loaded when it is asked for. */
import { cloudRequest } from './cloud.ts';
import { compareRequest } from './compareRequest.ts';
import { demoRequest } from './demo.ts';
import { endpointsRequest } from './endpoints.ts';
import { findingRequest } from './findingPage.ts';
import { importRequests } from './importRequests.ts';
import { loginRequest } from './loginRequest.ts';
import { mapRequest } from './map.ts';
import { nodeRequest } from './nodeDetails.ts';
import { nodesRequest } from './nodes.ts';
import type { OwnRequest } from './ownRequest.ts';
import { stateRequest } from './state.ts';
import { lineRequest } from './stateLine.ts';
import { statePlaceRequest } from './statePlace.ts';
import { traceRequests } from './trace.ts';
import { traceChoicesRequest } from './traceChoices.ts';
import { traceViewRequest } from './traceView.ts';

export const OWN_REQUESTS: readonly OwnRequest[] = [
  cloudRequest,
  compareRequest,
  demoRequest,
  endpointsRequest,
  findingRequest,
  ...importRequests,
  lineRequest,
  loginRequest,
  mapRequest,
  nodeRequest,
  nodesRequest,
  statePlaceRequest,
  stateRequest,
  traceChoicesRequest,
  ...traceRequests,
  traceViewRequest,
];
