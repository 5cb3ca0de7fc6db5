import { expect, test } from 'vitest';
import { readConfig } from './config.ts';

const LOCAL = {
  ENVIRONMENT: 'local',
  DATABASE_URL: 'postgres://user:password@db.example/millrace',
  NEON_FETCH_ENDPOINT: '',
  UPSTASH_REDIS_REST_URL: 'https://redis.example',
  UPSTASH_REDIS_REST_TOKEN: 'token',
  S3_ENDPOINT: 'https://s3.example',
  S3_ACCESS_KEY: 'key',
  S3_SECRET_KEY: 'secret',
  FLEET_TOKEN: 'fleet-token-of-tests',
  PLAYBACK_SECRET: 'playback-secret-of-tests',
};

test('what is left open has its default', () => {
  expect(readConfig(LOCAL)).toMatchObject({
    neonFetchEndpoint: null,
    storage: { endpoint: 'https://s3.example', publicEndpoint: 'https://s3.example', region: 'auto' },
    statusTtlSeconds: 3600,
    openAccess: false,
  });
});

test('production does not run open', () => {
  expect(readConfig({ ...LOCAL, OPEN_ACCESS: 'true' }).openAccess).toBe(true);
  expect(() => readConfig({ ...LOCAL, ENVIRONMENT: 'production', OPEN_ACCESS: 'true' })).toThrow(
    'OPEN_ACCESS',
  );
  expect(readConfig({ ...LOCAL, ENVIRONMENT: 'production' }).openAccess).toBe(false);
});

test('everything that is wrong is named at once', () => {
  const wrong = { ...LOCAL, DATABASE_URL: 'mysql://x', STATUS_TTL_SECONDS: 'soon', FLEET_TOKEN: 'short' };
  expect(() => readConfig(wrong)).toThrow(/DATABASE_URL[\s\S]*FLEET_TOKEN[\s\S]*STATUS_TTL_SECONDS/);
});
