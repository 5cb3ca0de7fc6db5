import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { freePort } from '../free-port.ts';

const portsSchema = z.record(z.string(), z.number().int().min(1).max(65_535));

export interface Ports {
  /** The port this name had last time, when it is free again; otherwise any other. */
  take(name: string): Promise<number>;
}

/** Remembers in `file` which port each service has, so that addresses stay what they were. */
export async function keepPorts(file: string): Promise<Ports> {
  const remembered = await readPorts(file);
  const taken = new Set<number>();
  return {
    async take(name) {
      const port = await freePortOutside(taken, remembered[name]);
      taken.add(port);
      remembered[name] = port;
      // At once, so that names taken side by side do not write over each other.
      writeFileSync(file, `${JSON.stringify(remembered, null, 2)}\n`);
      return port;
    },
  };
}

async function freePortOutside(taken: ReadonlySet<number>, preferred: number | undefined): Promise<number> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const port = await freePort(attempt === 0 ? preferred : undefined);
    if (!taken.has(port)) return port;
  }
  throw new Error('no free TCP port on 127.0.0.1');
}

// Nothing depends on the file: one that cannot be read is made anew.
async function readPorts(file: string): Promise<Record<string, number>> {
  try {
    return portsSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return {};
  }
}
