/** Which ports a port forwarding takes, and to which it leads. */
import { portsOfForwarding } from '../namespaces/portForwarding.ts';
import { quote } from '../topology/describe.ts';
import type { PortForwarding } from '../topology/types.ts';
import { unreadOf } from '../topology/unread.ts';
import type { Check } from './check.ts';

export const portForwardingPorts: Check = {
  code: 'port-forwarding-ports',
  severity: 'error',
  doc: 'A port forwarding without ports, with two answers to which, or of ranges that do not fit (`services/portforwarding/pf_plugin.py: _validate_ranges`).',
  why: 'A range is mapped port by port onto one of the same length, or as a whole onto a single port. Neutron refuses anything else.',
  check(topology, report) {
    const unread = unreadOf(topology);
    for (const { pointer, name, port_forwardings } of topology.floating_ips)
      for (const [index, forwarding] of port_forwardings.entries()) {
        const at = `${pointer}/port_forwardings/${index}`;
        const wrong = whatIsWrong(forwarding);
        if (wrong === undefined || unread.touches(at)) continue;
        report({ message: `A port forwarding of ${quote(name)} ${wrong}`, pointer: at });
      }
  },
  wrong: `
networks:
  public: {router:external: true, subnets: {public-v4: {cidr: 192.0.2.0/24}}}
floating_ips:
  192.0.2.50:
    network: public
    port_forwardings: [{protocol: tcp, external_port_range: '80:90', internal_port_range: '8080:8085', internal_ip_address: 10.0.0.5}]
    #                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ port-forwarding-ports
`,
  right: `
networks:
  public: {router:external: true, subnets: {public-v4: {cidr: 192.0.2.0/24}}}
floating_ips:
  192.0.2.50:
    network: public
    port_forwardings:
      - {protocol: tcp, external_port_range: '80:90', internal_port_range: '8080:8090', internal_ip_address: 10.0.0.5}
      - {protocol: tcp, external_port_range: '443:444', internal_port: 8443, internal_ip_address: 10.0.0.5}
`,
};

function whatIsWrong(forwarding: PortForwarding): string | undefined {
  for (const side of ['external', 'internal'] as const) {
    const [port, range] = [forwarding[`${side}_port`], forwarding[`${side}_port_range`]];
    if (port === undefined && range === undefined)
      return `says no ${side} port. Give \`${side}_port\` or \`${side}_port_range\`.`;
    if (port !== undefined && range !== undefined && range !== `${port}:${port}`)
      return `has \`${side}_port\` ${port} and \`${side}_port_range\` ${range}, which do not agree. Keep one of them.`;
  }
  const lengthOf = (side: 'external' | 'internal'): number => {
    const [first, last] = portsOfForwarding(forwarding, side)!;
    return last - first + 1;
  };
  const [outside, inside] = [lengthOf('external'), lengthOf('internal')];
  if (inside === 1 || inside === outside) return undefined;
  return `leads from ${outside} to ${inside} ports. Make the ranges of one length, or the internal one a single port.`;
}
