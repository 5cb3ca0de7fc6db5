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

test('the bucket may stand before the host', () => {
  expect(readConfig({ ...LOCAL, S3_ADDRESSING: '' }).storage.addressing).toBe('path');
  expect(readConfig({ ...LOCAL, S3_ADDRESSING: 'virtual-host' }).storage.addressing).toBe('virtual-host');
  expect(() => readConfig({ ...LOCAL, S3_ADDRESSING: 'dns' })).toThrow('S3_ADDRESSING');
});

test('production does not run open', () => {
  expect(readConfig({ ...LOCAL, OPEN_ACCESS: 'true' }).openAccess).toBe(true);
  expect(() => readConfig({ ...LOCAL, ENVIRONMENT: 'production', OPEN_ACCESS: 'true' })).toThrow(
    'OPEN_ACCESS',
  );
  expect(readConfig({ ...LOCAL, ENVIRONMENT: 'production' }).openAccess).toBe(false);
});

test('an identity provider is configured whole, and over https in production', () => {
  const whole = {
    JWT_JWKS_URL: 'http://id.example/keys',
    JWT_ISSUER: 'https://id.example',
    JWT_AUDIENCE: 'us',
  };
  expect(readConfig(LOCAL).jwt).toBe(null);
  expect(readConfig({ ...LOCAL, ...whole }).jwt).toMatchObject({ projectsClaim: 'millrace_projects' });
  for (const missing of ['JWT_ISSUER', 'JWT_AUDIENCE']) {
    expect(() => readConfig({ ...LOCAL, ...whole, [missing]: '' })).toThrow('JWT_JWKS_URL');
  }
  expect(() => readConfig({ ...LOCAL, ...whole, ENVIRONMENT: 'production' })).toThrow('https');
});

test('nothing is traced without an endpoint; an empty ratio is all of it', () => {
  const on = { ...LOCAL, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };
  expect(readConfig({ ...LOCAL, OTEL_TRACES_SAMPLER_ARG: '0.5' }).tracing).toBe(null);
  expect(readConfig({ ...on, OTEL_TRACES_SAMPLER_ARG: '' }).tracing).toEqual({
    otlp: { url: 'http://collector:4318/v1/traces', headers: {} },
    ratio: 1,
  });
  expect(readConfig({ ...on, OTEL_TRACES_SAMPLER_ARG: '0' }).tracing?.ratio).toBe(0);
  expect(() => readConfig({ ...on, OTEL_TRACES_SAMPLER_ARG: '2' })).toThrow('OTEL_TRACES_SAMPLER_ARG');
});

test('tokens that no header could carry are refused', () => {
  for (const token of ['short', 'sixteen characters and spaces', 'sixteencharacters\u00e4']) {
    expect(() => readConfig({ ...LOCAL, OPERATOR_TOKEN: token })).toThrow('OPERATOR_TOKEN');
  }
  expect(readConfig({ ...LOCAL, OPERATOR_TOKEN: 'sixteen-characters' }).operatorToken).toBe(
    'sixteen-characters',
  );
});

test('everything that is wrong is named at once', () => {
  const wrong = { ...LOCAL, DATABASE_URL: 'mysql://x', STATUS_TTL_SECONDS: 'soon', FLEET_TOKEN: 'short' };
  expect(() => readConfig(wrong)).toThrow(/DATABASE_URL[\s\S]*STATUS_TTL_SECONDS[\s\S]*FLEET_TOKEN/);
});
