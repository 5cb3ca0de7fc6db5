import { styleText } from 'node:util';
import type { Service } from '../../deploy/local/stack/service.ts';
import { newLines } from './new-lines.ts';
import { warningIn } from './warning-in.ts';

const everyMs = 500;

/** Shows the warnings and errors that services write to their logs from now on, a short line each. */
export function followWarnings(print: (line: string) => void): { add(service: Service): void; stop(): void } {
  const logs: Array<{ name: string; readNew: () => string[] }> = [];
  let last = '';
  const timer = setInterval(() => {
    for (const { name, readNew } of logs) {
      for (const warning of readNew().map(warningIn)) {
        if (warning === null || warning === last) continue;
        last = warning;
        print(`${styleText('cyan', name)}  ${styleText('yellow', warning)}`);
      }
    }
  }, everyMs);
  return {
    add: ({ name, logFile }) => logs.push({ name, readNew: newLines(logFile) }),
    stop: () => clearInterval(timer),
  };
}
