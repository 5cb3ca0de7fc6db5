import { lookup } from 'node:dns/promises';
import { connect, type Socket } from 'node:net';

/** The two things that reach out to hosts which others named. */
export interface Internet {
  /** Every address of a name. */
  resolve(name: string): Promise<string[]>;
  /** Begins to connect to an address, never to a name: nothing is resolved again. */
  dial(address: string, port: number): Socket;
  /** Certificate authorities to trust in place of the built-in ones. */
  authorities?: string;
}

export const internet: Internet = {
  async resolve(name) {
    const found = await lookup(name, { all: true });
    return found.map(({ address }) => address);
  },
  dial: (address, port) => connect({ host: address, port, noDelay: true }),
};
