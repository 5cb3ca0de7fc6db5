import { defineConfig } from 'vitest/config';
import { engineTests, fleetTests } from './vitest.shared.ts';

/** Whole films through FFmpeg: what the quick run leaves out. */
export default defineConfig({ test: { ...fleetTests, name: 'engine', include: engineTests } });
