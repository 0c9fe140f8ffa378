/** Time that this process worked, which a machine that is busy with other things does not make longer. */

/** Milliseconds since `from` that this process spent in its own code; `from` is what an earlier call gave, or the start. */
export const cpuMs = (from = 0): number => process.cpuUsage().user / 1000 - from;
