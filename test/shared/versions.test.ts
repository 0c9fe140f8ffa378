/** The release from the list of what is installed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { neutronVersion, releaseOfVersion } from '../../shared/versions.ts';

function check(command: string, stdout: string, version: string | undefined, release?: string): void {
  test(`${command}: ${stdout.trim().split('\n')[0]}`, () => {
    const found = neutronVersion([{ namespace: '-', command, stdout, stderr: [], status: 0 }]);
    assert.equal(found, version);
    assert.equal(releaseOfVersion(found), release);
  });
}

check('dpkg-query -W', 'haproxy\t2.6.12\nneutron-common\t2:21.0.0-7\n', '21.0.0', 'zed');
check('dpkg-query -W', 'python3-neutron\t2:16.4.1-0ubuntu2\n', '16.4.1', 'ussuri');
check(
  'dpkg -l',
  'ii  neutron-common  2:24.0.1-0ubuntu1  all  Neutron is a virtual network service\n',
  '24.0.1',
  '2024.1',
);
check('rpm -q openstack-neutron', 'openstack-neutron-18.6.0-1.el8.noarch\n', '18.6.0', 'wallaby');
check(
  'rpm -qa',
  'python3-neutron-lib-2.6.1-1.el8.noarch\npython3-neutron-16.4.2-2.el8.noarch  Mon\n',
  '16.4.2',
  'ussuri',
);
check(
  'ls neutron-*.dist-info',
  '/var/lib/kolla/venv/lib/python3/site-packages/neutron-26.0.1.dist-info\n',
  '26.0.1',
  '2025.1',
);
check('dpkg-query -W', 'neutron-common\t1:2014.2.4-1\n', '2014.2.4', 'juno');
check('dpkg-query -W', 'neutron-common\t1:2015.1.4-0ubuntu2\n', '2015.1.4', 'kilo');
check('dpkg-query -W', 'neutron-common\t2:28.0.0-1\n', '28.0.0', '2026.1');
check('dpkg-query -W', 'neutron-common\t2:99.0.0-1\n', '99.0.0');
check('dpkg-query -W', 'python3-neutron-lib\t3.1.0-1\npython3-neutronclient\t8.1.0\n', undefined);
check('cat /etc/hostname', 'neutron-common 2:21.0.0', undefined);
