import { fromJsonString, toBinary, toJsonString } from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel as Level } from '@bufbuild/protobuf/wkt';
import type { Interceptor, UnaryRequest } from '@connectrpc/connect';
import { readKey } from '../idempotency/read-key.ts';
import { releaseKey, storeAnswer } from '../idempotency/settle-key.ts';
import { takeUp } from '../idempotency/take-up.ts';
import { admissionOf, surroundings, surroundingsOf } from './call.ts';

/** As REST does with `Idempotency-Key`: the same call again gets the first answer, for 24 hours. */
export const replayRepeated: Interceptor = (next) => async (request) => {
  const given = request.header.get('idempotency-key');
  if (given === null || request.stream || request.method.idempotency === Level.NO_SIDE_EFFECTS) {
    return next(request);
  }
  const around = surroundingsOf({ values: request.contextValues });
  const { ctx } = around;
  const { caller, header, trailer } = admissionOf({ values: request.contextValues });
  const keyed = { projectId: caller.projectId, key: readKey(given), fingerprint: await fingerprint(request) };
  const taken = await takeUp(ctx, keyed);
  if ('stored' in taken) {
    const { stored } = taken;
    header.set('idempotency-replayed', 'true');
    const message = fromJsonString(request.method.output, stored.body);
    return { stream: false, service: request.service, method: request.method, header, trailer, message };
  }
  request.contextValues.set(surroundings, { ...around, ctx: taken.ctx });
  try {
    const answer = await next(request);
    if (!answer.stream) {
      const body = toJsonString(request.method.output, answer.message);
      await storeAnswer(ctx, keyed, { status: 200, headers: {}, body });
    }
    return answer;
  } catch (error) {
    await releaseKey(ctx, keyed);
    throw error;
  }
};

async function fingerprint({ method, message }: UnaryRequest): Promise<string> {
  const body = toBinary(method.input, message);
  const head = new TextEncoder().encode(`${method.parent.typeName}/${method.name}\n`);
  const whole = new Uint8Array(head.length + body.length);
  whole.set(head);
  whole.set(body, head.length);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', whole));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
