import { readFile } from 'node:fs/promises';
import path from 'node:path';
import {
  createFileRegistry,
  type DescMethod,
  type FileRegistry,
  fromBinary,
  fromJson,
  type JsonObject,
  type JsonValue,
  toBinary,
  toJson,
} from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { answerRpc } from '../rpc/rpc-door.ts';
import { ORIGIN } from './rest-client.ts';

const RELEASED = path.resolve(import.meta.dirname, '../../../shared/src/rpc/released');
const SERVICE = 'millrace.v1.FleetService';

/** FleetService as the last release speaks it: by its own descriptors, whatever the generated code has become. */
export interface ReleasedFleet {
  /** Sends a message of the release, in its JSON, as bytes; gives the answer as the release reads it. */
  call(ctx: Context, method: string, message: JsonObject): Promise<JsonObject>;
  /** Bytes as the release reads them: what it does not know is left out. */
  read(message: string, bytes: Uint8Array): JsonValue;
  write(message: string, json: JsonObject): Uint8Array<ArrayBuffer>;
}

export async function loadReleasedFleet(): Promise<ReleasedFleet> {
  const bytes = await readFile(path.join(RELEASED, 'api.binpb'));
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, bytes));
  const messageOf = (name: string) => {
    const found = registry.getMessage(`millrace.v1.${name}`);
    if (!found) throw new Error(`the release has no message ${name}`);
    return found;
  };
  const write: ReleasedFleet['write'] = (message, json) => {
    const schema = messageOf(message);
    return new Uint8Array(toBinary(schema, fromJson(schema, json, { ignoreUnknownFields: true })));
  };
  return {
    async call(ctx, name, message) {
      const method = methodOf(registry, name);
      const answer = await send(ctx, name, write(method.input.name, message));
      return jsonObject.parse(toJson(method.output, fromBinary(method.output, answer)));
    },
    read: (message, given) => toJson(messageOf(message), fromBinary(messageOf(message), given)),
    write,
  };
}

/** Posts bytes to the fleet's door. */
export async function send(ctx: Context, method: string, body: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const request = new Request(`${ORIGIN}/${SERVICE}/${method}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/proto',
      'connect-protocol-version': '1',
      authorization: `Bearer ${ctx.config.fleetToken}`,
    },
    body,
  });
  const response = await answerRpc(request, ctx);
  if (response?.status !== 200) throw new Error(`${method}: ${response?.status} ${await response?.text()}`);
  return new Uint8Array(await response.arrayBuffer());
}

function methodOf(registry: FileRegistry, name: string): DescMethod {
  const method = registry.getService(SERVICE)?.methods.find((candidate) => candidate.name === name);
  if (!method) throw new Error(`the release has no method ${name}`);
  return method;
}

const jsonObject = z.record(z.string(), z.json());

/** One task of each kind as the last release gave it out, and what its workers said of it. */
export const recordedTask = z.object({
  kind: z.string(),
  /** JSON of Assignment, without its URLs. */
  assignment: jsonObject,
  spec: jsonObject,
  /** JSON of AttemptReport, in order. */
  reports: z.array(jsonObject),
});
export type RecordedTask = z.infer<typeof recordedTask>;

export const RECORDED_FILE = path.join(RELEASED, 'fleet-messages.json');

export async function recordedTasks(): Promise<RecordedTask[]> {
  const text = await readFile(RECORDED_FILE, 'utf8');
  return z.object({ tasks: z.array(recordedTask) }).parse(JSON.parse(text)).tasks;
}
