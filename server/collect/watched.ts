/**
 * A script for `sh -s` that ends with our connection. Over SSH without a terminal nothing tells a command that nobody listens any
 * more: one that waits for a hanging tool would stay on the node. So standard input is kept open, and a subshell waits for its end:
 * when it comes, by a cancel, a kill, or a broken line, the script's own process group is ended. It writes nothing.
 */

/** The last line that is sent. */
export const END_OF_SCRIPT = '} # end of what dvrscope sends';

/**
 * The script is a function and what follows one compound command: shells that read their input byte by byte have then read all
 * of it before they start, and leave the rest to the subshell; and of a script that arrives in part nothing is run.
 * The subshell ignores the signal that it sends, and then ends what ignored it too.
 */
export const watched = (script: string): string => `dvrscope_script() {
${script}
}
{
exec 9<&0
{ trap '' TERM; while read -r line <&9; do :; done; kill 0; sleep 1; kill -9 0; } >/dev/null 2>&1 &
dvrscope_watcher=$!
dvrscope_script 9<&-
dvrscope_status=$?
{ kill -9 "$dvrscope_watcher"; wait "$dvrscope_watcher"; } 2>/dev/null
exit "$dvrscope_status"
${END_OF_SCRIPT}
`;
