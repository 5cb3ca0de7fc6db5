import type { PlannedTask } from '@millrace/shared/media/plan.ts';
import { type SimulatedRun, simulateFleet } from './simulate-fleet.ts';
import type { TimedTask } from './task-times.ts';

/** The encodes of a job that was measured, each as long as it was then, on another fleet. */
export function simulateTasks(
  measured: readonly TimedTask[],
  workers: number,
  handOverSeconds: number,
): Promise<SimulatedRun> {
  const seconds = new Map<string, number>();
  const encodes = measured.flatMap(({ spec, claimed, finished }): PlannedTask[] => {
    if (spec.kind !== 'encode-video') return [];
    const { index } = spec.chunk;
    const name = `chunk-${index}`;
    seconds.set(name, finished - claimed);
    return [{ name, spec, dependsOn: [], rank: index, needs: [], workTotal: 1 }];
  });
  const publish: PlannedTask = {
    ...{ name: 'publish', spec: { kind: 'publish' }, rank: 0, needs: [], workTotal: 1 },
    dependsOn: encodes.map(({ name }) => name),
  };
  return simulateFleet({
    ...{ tasks: [...encodes, publish], workers, handOverSeconds, analyzeSeconds: 0 },
    secondsOf: ({ name }) => seconds.get(name) ?? 0,
  });
}
