import type { Clock } from '../../worker-node/src/clock/clock.ts';
import { within } from '../../worker-node/src/clock/within.ts';
import type { Dice } from './dice.ts';
import type { PauseRow } from './edge/tables.ts';
import type { VirtualEdge } from './edge/virtual-edge.ts';
import type { Party } from './life.ts';
import { LONGEST_MESSAGE_MS } from './network.ts';
import type { Scenario } from './scenario.ts';
import type { Weather } from './weather.ts';

const AGAIN_AFTER_MS = 2_000;
const ANSWER_WITHIN_MS = 20_000;

export interface OperatorDeps {
  clock: Clock;
  dice: Dice;
  scenario: Scenario;
  edge: VirtualEdge;
  weather: Weather;
  trace(text: string): void;
}

/**
 * Somebody who holds back tasks for a while: of one project or of all, of one codec or of every one. Half of the pauses
 * end by themselves; the others when they are ended, which is tried until it is answered.
 */
export function createOperator({ clock, dice, scenario, edge, weather, trace }: OperatorDeps): void {
  const operator: Party = { name: 'operator', ended: () => false, deliver: (act) => act(), onEnd: () => {} };

  for (let i = 1; i <= scenario.pauses; i += 1) {
    const id = `pause-${i}`;
    const atMs = dice.between(0, scenario.chaosMs * 0.8);
    const lastsMs = dice.between(1_000, 120_000);
    const endsByItself = dice.chance(0.5);
    const pause: PauseRow = {
      projectId: dice.pick(['p1', 'p2', null]),
      codec: dice.pick(['h264', 'av1', 'aac', null, null]),
      expiresAt: endsByItself ? atMs + lastsMs : null,
    };
    clock.setTimer(atMs, () => lay(id, pause));
    if (endsByItself) clock.setTimer(atMs + lastsMs, () => weather.faultHappened('pause'));
    // An end that overtook its beginning, or a copy of it, would end nothing.
    else clock.setTimer(atMs + Math.max(lastsMs, LONGEST_MESSAGE_MS), () => end(id));
  }

  function lay(id: string, pause: PauseRow): void {
    weather.faultHappened('pause');
    edge.pauseDispatch(operator, id, pause).then(
      () => trace(`operator: ${id} ${JSON.stringify(pause)}`),
      (error: Error) => trace(`operator: ${id} failed: ${error.message}`),
    );
  }

  function end(id: string): void {
    within(clock, ANSWER_WITHIN_MS, undefined, () => edge.resumeDispatch(operator, id)).then(
      () => {
        weather.faultHappened('pause');
        trace(`operator: ${id} ended`);
      },
      () => clock.setTimer(AGAIN_AFTER_MS, () => end(id)),
    );
  }
}
