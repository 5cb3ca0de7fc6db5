import type { NudgeSource } from '../../worker-node/src/bridge/nudge-source.ts';
import type { Clock } from '../../worker-node/src/clock/clock.ts';
import type { Dice } from './dice.ts';
import type { Party } from './life.ts';
import type { Endpoint, Network } from './network.ts';
import type { Weather } from './weather.ts';

/** What pulls hide a message for: see cloudflare-queue.ts. */
const VISIBILITY_TIMEOUT_MS = 30_000;
const GIVE_BACK_DELAY_MS = 1_000;

export interface QueuedNudge {
  taskId: string;
  delaySeconds: number;
}

/** A queue as Cloudflare promises it: at least once, in no order, and by the weather not even that. */
export interface VirtualQueue {
  send(nudges: readonly QueuedNudge[]): void;
  /** The pull API as one process sees it. */
  sourceFor(caller: Party): NudgeSource;
  readonly endpoint: Endpoint;
  depth(): number;
}

interface Message {
  taskId: string;
  sentAt: number;
  visibleAt: number;
  receipts: string[];
}

export interface VirtualQueueDeps {
  clock: Clock;
  dice: Dice;
  weather: Weather;
  network: Network;
  trace(text: string): void;
}

export function createVirtualQueue({ clock, dice, weather, network, trace }: VirtualQueueDeps): VirtualQueue {
  const messages = new Set<Message>();
  const service: Party = { name: 'queue', ended: () => false, deliver: (act) => act(), onEnd: () => {} };
  const endpoint: Endpoint = { name: 'queue', accept: () => service };
  let receipts = 0;

  function add(nudge: QueuedNudge): void {
    const lateMs = weather.strikes('lateNudge') ? dice.between(1_000, 90_000) : 0;
    const sentAt = clock.now();
    const visibleAt = sentAt + nudge.delaySeconds * 1000 + lateMs;
    messages.add({ taskId: nudge.taskId, sentAt, visibleAt, receipts: [] });
  }

  /** In no order: the newest may come first. */
  function pull(max: number) {
    const visible = [...messages].filter((message) => message.visibleAt <= clock.now());
    if (dice.chance(0.5)) visible.reverse();
    return visible.slice(0, max).map((message) => {
      // Acknowledging under any receipt removes the message, as it does at Cloudflare.
      receipts += 1;
      const receipt = `r${receipts}`;
      message.receipts.push(receipt);
      if (!weather.strikes('duplicateNudge')) message.visibleAt = clock.now() + VISIBILITY_TIMEOUT_MS;
      return { receipt, taskId: message.taskId, sentAt: message.sentAt };
    });
  }

  function messageOf(receipt: string): Message | undefined {
    return [...messages].find((message) => message.receipts.includes(receipt));
  }

  return {
    endpoint,
    depth: () => messages.size,
    send(nudges) {
      for (const nudge of nudges) {
        if (weather.strikes('lostNudge')) {
          trace(`queue: the nudge for ${nudge.taskId} is lost`);
          continue;
        }
        add(nudge);
        if (weather.strikes('duplicateNudge')) add(nudge);
      }
    },
    sourceFor: (caller) => ({
      pull: (max, signal) => network.call(caller, endpoint, 'pull', signal, async () => pull(max)),
      settle: ({ done, again }, signal) =>
        network.call(caller, endpoint, 'settle', signal, async () => {
          for (const { receipt } of done) {
            const message = messageOf(receipt);
            if (message) messages.delete(message);
          }
          for (const { receipt } of again) {
            const message = messageOf(receipt);
            if (message) message.visibleAt = clock.now() + GIVE_BACK_DELAY_MS;
          }
        }),
      depth: (signal) => network.call(caller, endpoint, 'depth', signal, async () => messages.size),
    }),
  };
}
