/** Types and descriptions that keys of many kinds share. */

export const STRING = { type: 'string' } as const;
export const IP = { type: 'ip' } as const;
export const MAC = { type: 'mac' } as const;
export const ID = { type: 'id' } as const;
export const SUBNET = { type: 'reference', to: 'subnet' } as const;
export const NETWORK = { type: 'reference', to: 'network' } as const;
export const NODE = { type: 'reference', to: 'node' } as const;
export const PORT_NUMBER = { type: 'integer', min: 1, max: 65_535 } as const;
export const FIXED_IPS = { type: 'list', of: { type: 'record', kind: 'fixed_ip' } } as const;
export const ROUTES = { type: 'list', of: { type: 'record', kind: 'route' } } as const;

export const ID_DOC = 'A UUID, or its first 11 characters or more, which is what a device name shows.';
export const PORT_ID = { ...ID, doc: `Id of the Neutron port behind the device. ${ID_DOC}` } as const;
export const DEVICE_MAC = { ...MAC, doc: 'MAC of the Neutron port behind the device.' } as const;
