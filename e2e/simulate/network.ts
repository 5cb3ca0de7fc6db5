import { Code, ConnectError } from '@connectrpc/connect';
import type { Clock } from '../../worker-node/src/clock/clock.ts';
import type { Dice } from './dice.ts';
import type { Party } from './life.ts';
import type { Weather } from './weather.ts';

/** An address that may be called. */
/** What arrives at all has arrived after this time. */
export const LONGEST_MESSAGE_MS = 60_000;

export interface Endpoint<Callee extends Party = Party> {
  readonly name: string;
  /** Who takes the call now: nobody listens (`refused`), or nothing is there at all (`silent`). */
  accept(): Callee | 'refused' | 'silent';
}

export interface Network {
  /**
   * Calls an endpoint: the request travels, `handle` runs at the other side, the answer travels back. Any of it can be
   * late, lost or doubled. Rejects with `ConnectError`; may never end, as a call without a time limit may not.
   */
  call<T, Callee extends Party>(
    caller: Party,
    endpoint: Endpoint<Callee>,
    what: string,
    signal: AbortSignal | undefined,
    handle: (callee: Callee, signal: AbortSignal) => Promise<T>,
  ): Promise<T>;
  /** No message passes between the two until the returned function is called. */
  cut(callerName: string, endpointName: string): () => void;
}

export interface NetworkDeps {
  clock: Clock;
  dice: Dice;
  weather: Weather;
  /** Ends the process behind a party, as a crash would. */
  crash(party: Party): void;
  trace(text: string): void;
}

export function createNetwork({ clock, dice, weather, crash, trace }: NetworkDeps): Network {
  const cuts = new Map<string, number>();

  function isCut(caller: Party, endpoint: Endpoint): boolean {
    return (cuts.get(`${caller.name} ${endpoint.name}`) ?? 0) > 0;
  }

  /** How long a message travels; null when it never arrives. */
  function travelMs(caller: Party, endpoint: Endpoint, what: string): number | null {
    if (isCut(caller, endpoint) || weather.strikes('lostMessage')) {
      trace(`${caller.name} ⇢ ${endpoint.name} ${what}: a message is lost`);
      return null;
    }
    if (!weather.strikes('slowMessage')) return dice.between(0.5, 15);
    const ms = dice.chance(0.7) ? dice.between(500, 8_000) : dice.between(8_000, LONGEST_MESSAGE_MS);
    weather.isFeltFor(ms);
    trace(`${caller.name} ⇢ ${endpoint.name} ${what}: a message takes ${Math.round(ms)} ms`);
    return ms;
  }

  return {
    call(caller, endpoint, what, signal, handle) {
      return new Promise((resolve, reject) => {
        const label = `${caller.name} ⇢ ${endpoint.name} ${what}`;
        const handling = new Set<{ callee: Party; controller: AbortController }>();
        let settled = false;

        if (caller.ended()) return;
        if (weather.strikes('crashAtCall')) {
          trace(`${label}: the caller dies before it calls`);
          crash(caller);
          return;
        }
        // Whoever calls and goes away, with its machine still there, closes the connection.
        caller.onEnd((how) => {
          settled = true;
          if (how !== 'vanished') hangUp(new Error('the caller is gone'));
        });
        signal?.addEventListener('abort', () => {
          if (settled) return;
          settled = true;
          hangUp(signal.reason);
          reject(new ConnectError('the call was withdrawn', Code.Canceled));
        });
        send(false);
        if (weather.strikes('duplicateRequest')) {
          trace(`${label}: the request is doubled`);
          send(true);
        }

        function send(isDuplicate: boolean): void {
          if (!isDuplicate && weather.strikes('brokenConnection')) {
            trace(`${label}: the connection breaks before the request`);
            fail('the connection broke');
            return;
          }
          const ms = travelMs(caller, endpoint, what);
          if (ms === null) return;
          if (isDuplicate) weather.isFeltFor(ms * 3);
          clock.setTimer(isDuplicate ? ms * 3 : ms, () => arrive(isDuplicate));
        }

        function arrive(isDuplicate: boolean): void {
          const callee = endpoint.accept();
          if (callee === 'silent') return;
          if (callee === 'refused') {
            if (!isDuplicate) fail('connection refused');
            return;
          }
          callee.onEnd((how) => {
            if (how !== 'vanished' && !isDuplicate) fail('the connection was reset');
          });
          callee.deliver(() => {
            const entry = { callee, controller: new AbortController() };
            handling.add(entry);
            handle(callee, entry.controller.signal).then(
              (value) => answer(entry, isDuplicate, () => resolve(value)),
              (error) => answer(entry, isDuplicate, () => reject(error)),
            );
          });
        }

        function answer(
          entry: { callee: Party; controller: AbortController },
          isDuplicate: boolean,
          act: () => void,
        ): void {
          handling.delete(entry);
          if (entry.callee.ended() || isDuplicate || settled) return;
          if (weather.strikes('brokenConnection')) {
            trace(`${label}: the connection breaks before the answer`);
            fail('the connection broke');
            return;
          }
          const ms = travelMs(caller, endpoint, `${what} answer`);
          if (ms !== null) settleIn(ms, act);
        }

        function fail(why: string): void {
          settleIn(dice.between(0.5, 15), () => reject(new ConnectError(why, Code.Unavailable)));
        }

        function settleIn(ms: number, act: () => void): void {
          clock.setTimer(ms, () =>
            caller.deliver(() => {
              if (settled) return;
              settled = true;
              if (weather.strikes('crashAtCall')) {
                trace(`${label}: the caller dies before it reads the answer`);
                crash(caller);
                return;
              }
              act();
            }),
          );
        }

        function hangUp(reason: unknown): void {
          for (const { callee, controller } of handling) {
            clock.setTimer(dice.between(0.5, 15), () => callee.deliver(() => controller.abort(reason)));
          }
        }
      });
    },
    cut(callerName, endpointName) {
      const key = `${callerName} ${endpointName}`;
      cuts.set(key, (cuts.get(key) ?? 0) + 1);
      let healed = false;
      return () => {
        if (healed) return;
        healed = true;
        cuts.set(key, (cuts.get(key) ?? 0) - 1);
      };
    },
  };
}
