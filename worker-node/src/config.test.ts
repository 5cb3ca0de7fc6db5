import { expect, test } from 'vitest';
import { ConfigError, readBridgeConfig, readGrpcConfig, readWorkerConfig } from './config.ts';

const bridge = {
  EDGE_URL: 'http://127.0.0.1:8080/',
  FLEET_TOKEN: 'f',
  CLOUDFLARE_ACCOUNT_ID: 'a',
  QUEUE_ID: 'q',
  QUEUE_API_TOKEN: 't',
};

test('a bridge needs little and fills in the rest', () => {
  expect(readBridgeConfig({ ...bridge, PORT: '' })).toMatchObject({
    EDGE_URL: 'http://127.0.0.1:8080',
    QUEUE_API_URL: 'https://api.cloudflare.com/client/v4',
    PORT: 9101,
    QUEUE_IDLE_PULL_MS: 500,
  });
});

test('a worker may know several bridges', () => {
  const config = readWorkerConfig({ FLEET_TOKEN: 'f', BRIDGE_URL: 'http://a:1, http://b:2/', SLOTS: '3' });
  expect(config.BRIDGE_URL).toEqual(['http://a:1', 'http://b:2']);
  expect(config.SLOTS).toBe(3);
});

test('a worker may be given less room for sources', () => {
  const worker = { FLEET_TOKEN: 'f', BRIDGE_URL: 'http://a:1' };
  expect(readWorkerConfig(worker).SOURCE_CACHE_BYTES).toBe(8 * 1024 ** 3);
  expect(readWorkerConfig({ ...worker, SOURCE_CACHE_BYTES: '100000000' }).SOURCE_CACHE_BYTES).toBe(1e8);
  expect(() => readWorkerConfig({ ...worker, SOURCE_CACHE_BYTES: '1' })).toThrow(/SOURCE_CACHE_BYTES/);
});

test('only an explicit word lets sources be fetched from the machine itself', () => {
  const worker = { FLEET_TOKEN: 'f', BRIDGE_URL: 'http://a:1' };
  expect(readWorkerConfig(worker).FETCH_LOOPBACK).toBe(false);
  expect(readWorkerConfig({ ...worker, FETCH_LOOPBACK: 'true' }).FETCH_LOOPBACK).toBe(true);
  expect(() => readWorkerConfig({ ...worker, FETCH_LOOPBACK: '1' })).toThrow(/FETCH_LOOPBACK/);
});

test('a worker that may not reach the internet says so', () => {
  const worker = { FLEET_TOKEN: 'f', BRIDGE_URL: 'http://a:1' };
  expect(readWorkerConfig(worker).FETCH_URLS).toBe(true);
  expect(readWorkerConfig({ ...worker, FETCH_URLS: 'false' }).FETCH_URLS).toBe(false);
});

test('a bridge tells Kubernetes of busy workers only when asked to, and only inside Kubernetes', () => {
  const inside = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '6443' };
  expect(readBridgeConfig({ ...bridge, ...inside }).POD_DELETION_COST).toBe(false);
  const asked = { ...bridge, POD_DELETION_COST: 'true' };
  expect(() => readBridgeConfig(asked)).toThrow(/KUBERNETES_SERVICE_HOST/);
  expect(readBridgeConfig({ ...asked, ...inside })).toMatchObject({
    POD_DELETION_COST: true,
    KUBERNETES_SERVICE_PORT: 6443,
  });
});

test('the gRPC door needs the edge alone; certificate and key come together or not at all', () => {
  expect(readGrpcConfig({ EDGE_URL: 'http://a:1' })).toMatchObject({ GRPC_PORT: 50_051, PORT: 9121 });
  const halfSecure = { EDGE_URL: 'http://a:1', GRPC_TLS_CERT_FILE: 'cert.pem' };
  expect(() => readGrpcConfig(halfSecure)).toThrow(/GRPC_TLS_KEY_FILE/);
  expect(readGrpcConfig({ ...halfSecure, GRPC_TLS_KEY_FILE: 'key.pem' }).GRPC_TLS_KEY_FILE).toBe('key.pem');
});

test('the message names every variable that is missing or wrong, and shows no values', () => {
  const read = () => readBridgeConfig({ ...bridge, FLEET_TOKEN: '', EDGE_URL: 'ftp://secret', PORT: 'x' });
  expect(read).toThrow(ConfigError);
  expect(read).toThrow(/FLEET_TOKEN is required/);
  expect(read).toThrow(/EDGE_URL must be an http or https URL/);
  expect(read).toThrow(/PORT must be a whole number/);
  expect(read).not.toThrow(/secret/);
});
