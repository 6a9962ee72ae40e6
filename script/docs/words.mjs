// Just enough of a shell for what documents show.

/** Words of one simple command, quotes taken off; enough of a shell for what documents show. */
export const words = (command) => (command.match(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g) ?? []).map((word) => word.replace(/^(["'])(.*)\1$/, '$2'));
