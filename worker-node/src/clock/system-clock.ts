import { type Clock, sleepWith } from './clock.ts';

export function createSystemClock(): Clock {
  const setTimer: Clock['setTimer'] = (ms, fire) => {
    const timer = setTimeout(fire, ms);
    return () => clearTimeout(timer);
  };
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    sleep: (ms, signal) => sleepWith(setTimer, ms, signal),
    setTimer,
  };
}
