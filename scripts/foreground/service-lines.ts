import { styleText } from 'node:util';
import type { StackEvent } from '../../deploy/local/stack.ts';

/**
 * Tells about the services of a stack as they come up, one line each, in the order of `names` however they come; and about what becomes of them later.
 */
export function serviceLines(
  names: readonly string[],
  print: (line: string) => void,
): (event: StackEvent) => void {
  const waiting = new Map<string, string>();
  let next = 0;
  const width = Math.max(0, ...names.map((name) => name.length));
  const label = (name: string) => styleText('cyan', name.padEnd(width));

  return (event) => {
    switch (event.type) {
      case 'up': {
        const { name, url, metricsUrl } = event.service;
        const line = `${label(name)}  ${metricsUrl ?? withoutPassword(url)}`;
        if (!names.includes(name)) return print(line);
        waiting.set(name, line);
        for (let ready = waiting.get(names[next] ?? ''); ready; ready = waiting.get(names[next] ?? '')) {
          print(ready);
          next += 1;
        }
        return;
      }
      case 'ended': {
        if (!event.willReturn) return;
        const how = event.exit.signal ?? `exit code ${event.exit.code}`;
        return print(`${label(event.service)}  ${styleText('yellow', `ended (${how}), starting it again`)}`);
      }
      case 'returned':
        return print(`${label(event.service)}  ${styleText('green', 'is back')}`);
      case 'lost':
        return;
      default:
        return event satisfies never;
    }
  };
}

function withoutPassword(url: string): string {
  return url.replace(/(:\/\/[^:@/]*):[^@/]*@/, '$1@');
}
