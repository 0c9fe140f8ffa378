/**
 * What `dvrscope collect --ansible DIR` writes: a playbook that runs the collector on every host of an inventory and keeps one snapshot
 * each. For clouds that Ansible reaches already, with its own credentials, jump hosts and limits.
 */
import { COLLECTOR_SCRIPT } from '../collect/script.ts';

/** Names of files below DIR and their texts. */
export const ANSIBLE_FILES = (): Record<string, string> => ({
  'collect.yml': PLAYBOOK,
  'dvrscope-collect.sh': COLLECTOR_SCRIPT,
  'README.txt': README,
});

/** A host's name may be any text; a file's name is a plain one. */
const PLAIN = String.raw`regex_replace('[^A-Za-z0-9_.-]', '_')`;

const DIRECTORY_VALUE = `dvrscope_dir | default(playbook_dir ~ '/snapshots')`;
const DIRECTORY = `{{ ${DIRECTORY_VALUE} }}`;

const HOSTS = `"{{ dvrscope_hosts | default('all') }}"`;

/**
 * - The script travels over standard input, and with pipelining so does Ansible's own code: nothing is written on a host. Hence neither
 *   `script` nor `async`, which both leave files there.
 * - Snapshots of an earlier run go first, so that none is taken for that of a host which is down today.
 * - What a host printed is marked unsafe by Ansible and never read as a template.
 */
const PLAYBOOK = `# Written by "dvrscope collect --ansible". Reads every host and keeps one snapshot each; writes nothing on a host.
# How to run it: README.txt
- name: Forget the snapshots of an earlier run
  hosts: ${HOSTS}
  gather_facts: false
  become: false
  tasks:
    - name: Make the folder of the snapshots
      ansible.builtin.file:
        path: "${DIRECTORY}"
        state: directory
        mode: "0700"
      run_once: true
      delegate_to: localhost
    - name: Remove the snapshots of these hosts
      ansible.builtin.command:
        argv: "{{ ['rm', '-f', '--'] + dvrscope_files }}"
      vars:
        dvrscope_names: "{{ ansible_play_hosts_all | map('regex_replace', '[^A-Za-z0-9_.-]', '_') | list }}"
        dvrscope_files: "{{ [(${DIRECTORY_VALUE}) ~ '/'] | product(dvrscope_names) | map('join') | map('regex_replace', '$', '.snapshot') | list }}"
      changed_when: false
      run_once: true
      delegate_to: localhost

- name: Read the hosts
  hosts: ${HOSTS}
  gather_facts: false
  strategy: free
  become: true
  vars:
    ansible_pipelining: true
  tasks:
    - name: Run the collector, which only reads
      ansible.builtin.command:
        argv: [sh, -s, "{{ dvrscope_node | default('') }}", "{{ dvrscope_state_path | default('') }}"]
        stdin: "{{ lookup('ansible.builtin.file', playbook_dir ~ '/dvrscope-collect.sh') }}"
      register: dvrscope_out
      changed_when: false
      check_mode: false
      timeout: 120
      failed_when: (dvrscope_out.stdout | default('')) is not match('dvrscope-snapshot ')
    - name: Keep its snapshot
      ansible.builtin.copy:
        content: "{{ dvrscope_out.stdout }}\\n"
        dest: "${DIRECTORY}/{{ inventory_hostname | ${PLAIN} }}.snapshot"
        mode: "0600"
      become: false
      changed_when: false
      check_mode: false
      delegate_to: localhost
`;

const README = `Snapshots of all nodes of a cloud, collected by Ansible
======================================================

    ansible-playbook -i INVENTORY collect.yml --forks 64 --limit 'network:compute'
    dvrscope check TOPOLOGY --snapshot snapshots

One file for each host is left in snapshots/, named after the host in the inventory. A host that could not be read has
none; Ansible names it and ends with a status other than 0, and "dvrscope check" says that it was not collected.

Nothing is written on a host: the collector (dvrscope-collect.sh, POSIX sh) only reads and arrives over standard input.
That needs pipelining, which the playbook turns on, and so sudo without "requiretty". A host needs sh and Python.

Variables, with -e or in the inventory:

    dvrscope_hosts        hosts to read, as a pattern; default: all
    dvrscope_dir          folder for the snapshots; default: snapshots/ beside the playbook.
                          One for each day keeps a history:  -e dvrscope_dir=$PWD/2026-01-31
    dvrscope_node         of a host: its name as Neutron knows it; default: what "uname -n" says there
    dvrscope_state_path   Neutron's state_path; default: /var/lib/neutron

More at a time (--forks) is limited by the jump host: OpenSSH's MaxStartups allows it 10 logins at once, if nothing else
is set; ControlPersist in ssh_args reuses a connection.
`;
