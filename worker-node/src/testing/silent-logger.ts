import { pino } from 'pino';

export function silentLogger() {
  return pino({ level: 'silent' });
}
