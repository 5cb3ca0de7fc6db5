import fastify from 'fastify';
import { expect, test } from 'vitest';
import { createFakeEdge } from '../testing/fake-edge.ts';
import { serveFleet } from './serve-fleet.ts';

test('while the fleet token is rotated a bridge takes the new and the old one, and nothing else', async () => {
  const server = fastify();
  await serveFleet(server, createFakeEdge(), 'new-token, old-token');
  const statusOf = async (authorization: string) => {
    const url = '/millrace.v1.FleetService/Report';
    const headers = { authorization, 'content-type': 'application/json' };
    return (await server.inject({ method: 'POST', url, headers, payload: '{}' })).statusCode;
  };
  expect(await statusOf('Bearer new-token')).toBe(200);
  expect(await statusOf('Bearer old-token')).toBe(200);
  for (const wrong of ['', 'Bearer ', 'Bearer new-token, old-token', 'Bearer older-token']) {
    expect(await statusOf(wrong)).toBe(401);
  }
  await server.close();
});
