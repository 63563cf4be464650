import { createLog, type Log } from '../backend/log.js';

/** The server's log for a person at a terminal: warnings and worse, one plain line each on stderr. */
export function readableLog(level: string): Log {
  return createLog(level === 'info' ? 'warn' : level, {
    write: (line) => {
      const {
        level: severity,
        msg,
        err,
      } = JSON.parse(line) as { level: string; msg?: string; err?: { message?: string } };
      process.stderr.write(`${severity}: ${[msg, err?.message].filter(Boolean).join(': ')}\n`);
    },
  });
}
